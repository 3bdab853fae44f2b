"""The effect of data on a policy: train a tiny transformer on rollouts, then play unseen tasks.

One arm is one set of rollouts in the terse rendering of `simulation`. Every arm gets the same
model, the same number of rollouts, the same optimisation steps and the same tasks to play. An arm of
careful agents shows what can be learned; an arm of all successful rollouts shows what luck in the
data costs; a folder given with `--rollouts` is judged beside them.

    python -m benchmarks.effect
    python -m benchmarks.effect --rollouts curated=exports/curated --json effect.json
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Final

import orjson
import torch
from torch import Tensor, nn
from torch.nn import functional

from simulation.generate import make_rollouts
from simulation.play import play_together
from simulation.rendering import render_messages
from simulation.terse import END, VOCABULARY, TerseScene, lines_from_messages, tokens_of

TOKEN_IDS: Final = {token: number for number, token in enumerate(VOCABULARY)}
CONTEXT_TOKENS: Final = 128
ACTION_TOKENS: Final = 10
"""Longest action that is decoded: four parallel looks, each two words, and an end."""
TRIALS: Final = 1
"""Rollouts per task of the built-in arms: trials of careful agents on one task are nearly the same."""
UNTRAINED: Final = -100
MATRIX: Final = 2
NEIGHBOURS: Final = 4
"""A batch is drawn from this many batches of rollouts of like length, to pad little."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One rollout as tokens, with those that are trained."""

    tokens: tuple[int, ...]
    is_trained: tuple[bool, ...]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What every arm gets."""

    rollouts: int
    steps: int
    batch: int
    learning_rate: float
    tasks: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one arm did."""

    arm: str
    success_rate: float
    """Share of unseen tasks solved, in [0, 1]."""
    mean_steps: float
    rollout_count: int
    """Distinct rollouts trained on."""
    token_count: int
    """Tokens trained on in one pass."""
    parameter_count: int
    training_s: float
    training_cpu_s: float
    """Over all threads; on a shared machine it tells more than the wall clock."""
    final_loss: float


Arm = Callable[[Budget], Iterator[Example]]


def careful_rollouts(budget: Budget) -> Iterator[Example]:
    """Yield rollouts of careful agents, without end."""
    return _simulated(budget, skills=("careful",))


def successful_rollouts(budget: Budget) -> Iterator[Example]:
    """Yield every rollout of the whole mix that was rewarded, without end."""
    return _simulated(budget, skills=None)


def folder_rollouts(budget: Budget, *, folder: Path) -> Iterator[Example]:
    """Yield the terse chat rollouts of a folder of JSONL files, over and over.

    Each line holds `messages`; an assistant message with `weight` 0 is context only.
    """
    del budget
    lines = [line for path in sorted(folder.rglob("*.jsonl")) for line in path.read_bytes().splitlines()]
    if not lines:
        raise FileNotFoundError(
            f"No rollouts in `folder` {str(folder)!r}. Allowed: a folder with *.jsonl files of chat messages.\n\n"
            "Hint: python -m simulation --out DIR --rendering terse"
        )
    return cycle([example_from_messages(orjson.loads(line)["messages"]) for line in lines])


ARMS: Final[dict[str, Arm]] = {
    "careful only": careful_rollouts,
    "all successful": successful_rollouts,
}
"""The arms that are always run."""


def example_from_messages(messages: Sequence[Mapping[str, object]]) -> Example:
    """Return a rollout as tokens; the agent's own lines are trained unless weighted 0."""
    weights = [message.get("weight", 1) != 0 for message in messages if message["role"] == "assistant"]
    tokens: list[int] = []
    is_trained: list[bool] = []
    for number, line in enumerate(lines_from_messages(messages)):
        ids = [TOKEN_IDS[token] for token in tokens_of([line])]
        tokens += ids
        is_trained += [number % 2 == 1 and weights[number // 2]] * len(ids)
    return Example(tokens=tuple(tokens[:CONTEXT_TOKENS]), is_trained=tuple(is_trained[:CONTEXT_TOKENS]))


class Policy(nn.Module):  # type: ignore[misc]  # torch is not followed by mypy here
    """A decoder-only transformer of about 0.2 million parameters."""

    def __init__(self, *, width: int = 88, layers: int = 2, heads: int = 4) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(VOCABULARY), width)
        self.place = nn.Embedding(CONTEXT_TOKENS, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        for weights in self.parameters():
            if weights.dim() == MATRIX:
                nn.init.normal_(weights, std=0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return next-token logits for every position."""
        state = self.embed(tokens) + self.place(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            state = block(state)
        return functional.linear(self.norm(state), self.embed.weight)


class Block(nn.Module):  # type: ignore[misc]  # torch is not followed by mypy here
    """Attention and a feed-forward layer, each on a normalised residual stream."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(width)
        self.project_in = nn.Linear(width, 3 * width)
        self.project_out = nn.Linear(width, width)
        self.before_feed = nn.LayerNorm(width)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, state: Tensor) -> Tensor:
        """Return the residual stream after this block."""
        rows, length, width = state.shape
        mixed = self.project_in(self.before_attention(state))
        query, key, value = mixed.view(rows, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        state = state + self.project_out(attended.transpose(1, 2).reshape(rows, length, width))
        return state + self.feed(self.before_feed(state))


def train(policy: Policy, examples: Sequence[Example], budget: Budget) -> float:
    """Train on the agent's tokens and return the mean loss of the last tenth of the steps."""
    optimiser = torch.optim.AdamW(
        policy.parameters(), lr=budget.learning_rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    warmup = max(1, budget.steps // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, partial(_rate, warmup=warmup, steps=budget.steps))
    losses = []
    for chosen in _draw(examples, budget):
        tokens, targets = _batch(chosen)
        logits = policy(tokens[:, :-1])
        loss = functional.cross_entropy(
            logits.flatten(0, 1), targets[:, 1:].flatten(), ignore_index=UNTRAINED
        )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
    tail = losses[-max(1, budget.steps // 10) :]
    return sum(tail) / len(tail)


@torch.no_grad()  # type: ignore[untyped-decorator]  # as above
def decode(policy: Policy, texts: Sequence[str]) -> list[str]:
    """Return the most likely next line for each text."""
    prompts = [[TOKEN_IDS[token] for token in tokens_of(text.splitlines())] for text in texts]
    lengths = torch.tensor([len(prompt) for prompt in prompts])
    tokens = torch.zeros((len(prompts), int(lengths.max()) + ACTION_TOKENS), dtype=torch.long)
    for row, prompt in enumerate(prompts):
        tokens[row, : len(prompt)] = torch.tensor(prompt)
    rows = torch.arange(len(prompts))
    starts, is_open = lengths.clone(), torch.ones(len(prompts), dtype=torch.bool)
    for _ in range(ACTION_TOKENS):
        if not is_open.any() or int(lengths.max()) >= CONTEXT_TOKENS:
            break
        logits = policy(tokens[:, : int(lengths.max())])
        best = logits[rows, lengths - 1].argmax(dim=-1)
        tokens[rows[is_open], lengths[is_open]] = best[is_open]
        lengths = lengths + is_open
        is_open = is_open & (best != TOKEN_IDS[END])
    return [
        " ".join(VOCABULARY[token] for token in tokens[row, start:end].tolist()).strip()
        for row, (start, end) in enumerate(zip(starts.tolist(), lengths.tolist(), strict=True))
    ]


def judge(name: str, arm: Arm, budget: Budget) -> Outcome:
    """Train one policy on one arm's rollouts and play it."""
    examples = list(islice(arm(budget), budget.rollouts))
    torch.manual_seed(budget.seed)
    policy = Policy()
    started, cpu_started = time.perf_counter(), time.process_time()
    final_loss = train(policy, examples, budget)
    training_s, training_cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
    report = play_together(partial(decode, policy.eval()), tasks=budget.tasks, seed=budget.seed)
    return Outcome(
        arm=name,
        success_rate=report.success_rate,
        mean_steps=report.mean_steps,
        rollout_count=len(set(examples)),
        token_count=sum(sum(example.is_trained) for example in examples),
        parameter_count=sum(weight.numel() for weight in policy.parameters()),
        training_s=training_s,
        training_cpu_s=training_cpu_s,
        final_loss=final_loss,
    )


def main() -> None:
    """Run all arms and print one line for each."""
    options = _parser().parse_args()
    torch.set_num_threads(options.threads)
    budget = Budget(
        rollouts=options.size,
        steps=options.steps,
        batch=options.batch,
        learning_rate=options.learning_rate,
        tasks=options.tasks,
        seed=options.seed,
    )
    arms: dict[str, Arm] = {} if options.only_rollouts else dict(ARMS)
    for given in options.rollouts:
        name, _, folder = given.rpartition("=")
        arms[name or Path(folder).name] = partial(folder_rollouts, folder=Path(folder))
    print(f"{'arm':<20} {'success':>8} {'steps':>6} {'rollouts':>9} {'loss':>7} {'training':>9} {'CPU':>8}")
    outcomes = []
    for name, arm in arms.items():
        outcome = judge(name, arm, budget)
        outcomes.append(outcome)
        print(
            f"{name:<20} {outcome.success_rate:>8.3f} {outcome.mean_steps:>6.2f} {outcome.rollout_count:>9} "
            f"{outcome.final_loss:>7.4f} {outcome.training_s:>8.1f}s {outcome.training_cpu_s:>7.1f}s",
            flush=True,
        )
    if options.json:
        report = {"budget": asdict(budget), "arms": [asdict(outcome) for outcome in outcomes]}
        options.json.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def _simulated(budget: Budget, *, skills: Sequence[str] | None) -> Iterator[Example]:
    first = 0
    while True:
        for rollout in make_rollouts(tasks=1, trials=TRIALS, seed=budget.seed, skills=skills, first=first):
            if rollout.reward == 1.0:
                yield example_from_messages(render_messages(rollout, TerseScene(rollout.task)))
        first += 1


def _draw(examples: Sequence[Example], budget: Budget) -> Iterator[list[Example]]:
    rng = Random(budget.seed)  # noqa: S311  # seeded on purpose
    by_length = sorted(examples, key=lambda example: (len(example.tokens), example.tokens))
    width = min(len(by_length), NEIGHBOURS * budget.batch)
    for _ in range(budget.steps):
        # The window may hang over either end, so that the longest and shortest are drawn as often.
        start = rng.randrange(-width // 2, len(by_length) - width // 2)
        start = min(max(start, 0), len(by_length) - width)
        yield rng.choices(by_length[start : start + width], k=budget.batch)


def _batch(examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    longest = max(len(example.tokens) for example in examples)
    tokens = torch.zeros((len(examples), longest), dtype=torch.long)
    targets = torch.full((len(examples), longest), UNTRAINED)
    for row, example in enumerate(examples):
        ids = torch.tensor(example.tokens)
        tokens[row, : len(ids)] = ids
        targets[row, : len(ids)] = torch.where(torch.tensor(example.is_trained), ids, UNTRAINED)
    return tokens, targets


def _rate(step: int, *, warmup: int, steps: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Train a tiny policy on rollouts and play unseen tasks.")
    parser.add_argument(
        "--rollouts",
        action="append",
        default=[],
        metavar="[NAME=]DIR",
        help="one more arm: a folder of terse chat JSONL; may be given several times",
    )
    parser.add_argument("--only-rollouts", action="store_true", help="leave the built-in arms out")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--size", type=int, default=6000, help="rollouts per arm (default 6000)")
    parser.add_argument("--steps", type=int, default=2000, help="optimisation steps per arm (default 2000)")
    parser.add_argument("--batch", type=int, default=32, help="rollouts per step (default 32)")
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--tasks", type=int, default=300, help="unseen tasks to play (default 300)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    return parser


if __name__ == "__main__":
    main()
