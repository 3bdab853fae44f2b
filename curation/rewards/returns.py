"""Returns to go: what a step earns from there on."""

import polars as pl


def returns_to_go(reward: pl.Expr, *, discount: float, of: str, is_cut: pl.Expr | None = None) -> pl.Expr:
    """Sum discounted rewards from each step on: R_t = sum over k >= t of discount^(k - t) r_k.

    The returns of WebRL (arXiv 2411.02337, discount 0.9). With `is_cut` those of UI-S1 (arXiv 2509.11543, discount 0.5):
    a cut step has its own reward only, and nothing of it or behind it reaches the steps before.

    Args:
        reward: one per step, in order; a null one makes unknown what it would be summed into.
        discount: in [0, 1].
        of: column that names the trajectory of a step.
        is_cut: true for the steps that cut; never null.

    Examples:
        >>> steps = pl.DataFrame({"trial": ["t"] * 5, "reward": [0.0, 0, 0, 0, 1]})
        >>> returns = returns_to_go(pl.col("reward"), discount=0.9, of="trial")
        >>> steps.select(returns.round(4))["reward"].to_list()
        [0.6561, 0.729, 0.81, 0.9, 1.0]
    """
    if is_cut is None:
        return _discounted(reward, discount).over(of)
    starts = is_cut | is_cut.shift(1, fill_value=False).over(of)
    return _discounted(reward, discount).over(of, starts.cum_sum())


def _discounted(reward: pl.Expr, discount: float) -> pl.Expr:
    is_known = reward.is_null().cast(pl.Int64).cum_sum(reverse=True) == 0
    return pl.when(is_known).then(_sums(reward.fill_null(0.0), discount))


def _sums(reward: pl.Expr, discount: float) -> pl.Expr:
    if discount == 1:
        return reward.cum_sum(reverse=True)
    # An exponential mean is the discounted sum / the sum of its weights, which is a geometric one.
    weights = (1 - pl.lit(discount).pow(pl.int_range(1, pl.len() + 1))) / (1 - discount)
    return (reward.reverse().ewm_mean(alpha=1 - discount, adjust=True) * weights).reverse()
