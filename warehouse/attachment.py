"""Which trajectory a verdict judges: worked out by the views each time, so it does not matter what came in first.

A verdict judges the one attempt that agrees with all of its keys. If several do, the keys do not tell which one is
meant, and it attaches to none: a guessed reward is worse than none. Whoever ingests the file can then say what it
judges (`winnow ingest --judges`).

The views cost what their joins pair up: each combination of keys is looked up once, whatever many verdicts have it, and
a run's name only meets the paths that hold it.
"""

KEYS = ("task_key", "benchmark", "trial", "agent", "model", "run", "judges")
"""Columns of `verdicts` that say whom one judges; null fits everyone."""


def _folded(column: str) -> str:
    """Spell a name as labs would agree on: each writes the same model in a way of its own."""
    return rf"lower(regexp_replace({column}, '[^\pL\pN]+', '-', 'g'))"


PLACES = f"""
    SELECT
        t.trajectory_id, t.trial, t.source_name, task.task_key, task.benchmark, record.source_uri,
        {_folded("t.agent")} AS agent, {_folded("t.model")} AS model,
        string_split(lower(record.source_uri), '/') AS parts
    FROM trajectories AS t
    JOIN tasks AS task USING (task_id)
    JOIN records AS record USING (record_id)
    WHERE t.relation = 'attempt' AND (SELECT count(*) > 0 FROM verdicts)
"""
"""Attempts with what verdicts name them by."""

TRACED_FORMATS = ("langfuse",)
"""Formats whose rollouts keep the id of their trace in `extra.trace_id`, by which scores name them."""

NAMED_PLACES = f"""
    SELECT * FROM (
        SELECT
            * EXCLUDE (parts, trace_id),
            unnest(list_distinct(
                parts || list_transform(parts, lambda part: string_split(part, '.')[1]) || [trace_id]
            )) AS name
        FROM places LEFT JOIN (
            SELECT trajectory_id, lower(extra ->> 'trace_id') AS trace_id FROM trajectories
            WHERE source_format IN ({", ".join(map(repr, TRACED_FORMATS))}) AND (SELECT count(run) > 0 FROM verdicts)
        ) USING (trajectory_id)
    )
    WHERE name IN (SELECT lower(run) FROM verdicts)
"""
"""Attempts by what verdicts call their runs: each folder's and file's name on their paths, with and without its
endings, and the id of their trace."""

AGREES = """
    (v.benchmark IS NULL OR v.benchmark = place.benchmark)
    AND (v.trial IS NULL OR v.trial = place.trial)
    AND (
        v.judges IS NULL OR v.judges = place.source_name OR place.source_uri GLOB v.judges
        OR contains(place.source_uri || '/', '/' || trim(v.judges, '/') || '/')
    )
"""
"""What must hold beside the task and the run."""

AGREES_WITHOUT_RUN = """
    (v.agent IS NULL OR place.agent IS NULL OR v.agent = place.agent)
    AND (
        v.model IS NULL OR place.model IS NULL OR v.model = place.model
        OR suffix(place.model, '-' || v.model) OR suffix(v.model, '-' || place.model)
    )
"""
"""Where no run is named, by the file or by the user, names of agents and models tell runs apart."""

VERDICT_ATTACHMENTS = f"""
    WITH standing AS (
        SELECT * FROM verdicts
        WHERE source_id NOT IN (SELECT source_id FROM sources WHERE replaced_by IS NOT NULL)
    ),
    places AS ({PLACES}),
    named_places AS ({NAMED_PLACES}),
    v AS (
        SELECT DISTINCT
            {{{", ".join(f"'{key}': {key}" for key in KEYS)}}} AS keys,
            task_key, benchmark, trial, lower(run) AS run, judges,
            {_folded("agent")} AS agent, {_folded("model")} AS model
        FROM standing
    ),
    pairs AS (
        SELECT v.keys, place.trajectory_id
        FROM v JOIN named_places AS place ON v.task_key = place.task_key AND v.run = place.name
        WHERE v.judges IS NULL AND {AGREES}
        UNION ALL
        SELECT v.keys, place.trajectory_id
        FROM v JOIN named_places AS place ON v.run = place.name
        WHERE v.task_key IS NULL AND {AGREES}
        UNION ALL
        SELECT v.keys, place.trajectory_id
        FROM v JOIN places AS place ON v.task_key = place.task_key
        WHERE (v.judges IS NOT NULL OR (v.run IS NULL AND {AGREES_WITHOUT_RUN})) AND {AGREES}
    ),
    found AS (
        SELECT keys, count(*) AS fitting_count, any_value(trajectory_id) AS trajectory_id FROM pairs GROUP BY keys
    )
    SELECT
        standing.verdict_id,
        CASE WHEN found.fitting_count = 1 THEN found.trajectory_id END AS trajectory_id,
        CASE coalesce(found.fitting_count, 0)
            WHEN 0 THEN 'waiting' WHEN 1 THEN 'attached' ELSE 'ambiguous'
        END AS state,
        coalesce(found.fitting_count, 0) AS fitting_count
    FROM standing LEFT JOIN found ON found.keys = {{{", ".join(f"'{key}': standing.{key}" for key in KEYS)}}}
"""
"""Per verdict: whom it judges, and whether that is clear. What a replaced file said is left out."""

ATTACHED_OUTCOMES = """
    SELECT
        trajectory_id,
        CASE WHEN count(DISTINCT value) = 1 THEN any_value(value) END AS outcome_reward,
        count(DISTINCT value) > 1 AS is_contradictory
    FROM verdict_attachments JOIN verdicts USING (verdict_id)
    WHERE state = 'attached' AND is_outcome AND value IS NOT NULL
    GROUP BY trajectory_id
"""
"""Final rewards from other files; where they contradict each other there is none."""

JUDGED_TRAJECTORIES = """
    SELECT
        t.* REPLACE (coalesce(t.outcome_reward, attached.outcome_reward) AS outcome_reward),
        CASE
            WHEN t.outcome_reward IS NOT NULL THEN 'rollout'
            WHEN attached.outcome_reward IS NOT NULL THEN 'verdict'
        END AS outcome_source
    FROM trajectories AS t LEFT JOIN attached_outcomes AS attached USING (trajectory_id)
"""
"""Trajectories with the final reward, from wherever it is known."""

ALL_SCORES = """
    SELECT trajectory_id, 'rollout' AS told_by, scope, step, name, value, source, annotator, explanation FROM scores
    UNION ALL
    SELECT trajectory_id, 'verdict', scope, step, name, value, source, annotator, explanation
    FROM verdict_attachments JOIN verdicts USING (verdict_id) WHERE state = 'attached'
"""
"""Scores from the rollouts' own files and from others."""

ATTACHMENT_VIEWS = {
    "verdict_attachments": VERDICT_ATTACHMENTS,
    "attached_outcomes": ATTACHED_OUTCOMES,
    "judged_trajectories": JUDGED_TRAJECTORIES,
    "all_scores": ALL_SCORES,
}
"""SQL of each view, in the order in which they depend on each other."""
