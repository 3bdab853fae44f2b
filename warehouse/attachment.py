"""Which trajectory a verdict judges: worked out by the views each time, so it does not matter what came in first.

A verdict judges the one attempt that agrees with all of its keys. If several do, the keys do not tell which one is
meant, and it attaches to none: a guessed reward is worse than none. Whoever ingests the file can then say what it
judges (`winnow ingest --judges`).
"""

PLACES = """
    SELECT
        t.trajectory_id, t.trial, t.source_name, task.task_key, task.benchmark, record.source_uri,
        lower(regexp_replace(t.agent, '[^A-Za-z0-9]+', '-', 'g')) AS agent,
        lower(regexp_replace(t.model, '[^A-Za-z0-9]+', '-', 'g')) AS model
    FROM trajectories AS t
    JOIN tasks AS task USING (task_id)
    JOIN records AS record USING (record_id)
    WHERE t.relation = 'attempt'
"""
"""Attempts with what verdicts name them by; labs spell one model in many ways, so names are folded."""

PARTS = "list_transform(string_split(source_uri, '/'), lambda part: lower(part))"
STEMS = "list_transform(string_split(source_uri, '/'), lambda part: lower(string_split(part, '.')[1]))"

AGREES = """
    (v.benchmark IS NULL OR v.benchmark = place.benchmark)
    AND (v.trial IS NULL OR v.trial = place.trial)
    AND (v.judges IS NULL OR v.judges = place.source_name OR place.source_uri GLOB v.judges)
    AND (
        v.judges IS NOT NULL OR v.run IS NULL
        OR list_contains(place.parts, lower(v.run)) OR list_contains(place.stems, lower(v.run))
    )
    AND (v.judges IS NOT NULL OR v.run IS NOT NULL OR (
        (v.agent IS NULL OR place.agent IS NULL OR v.agent = place.agent)
        AND (v.model IS NULL OR place.model IS NULL OR v.model = place.model
             OR suffix(place.model, '-' || v.model) OR suffix(v.model, '-' || place.model))
    ))
"""
"""What must hold beside the task: with a run named (by the file or by the user), names of models decide nothing."""

VERDICT_ATTACHMENTS = f"""
    WITH places AS (SELECT *, {PARTS} AS parts, {STEMS} AS stems FROM ({PLACES})),
    v AS (
        SELECT * REPLACE (
            lower(regexp_replace(agent, '[^A-Za-z0-9]+', '-', 'g')) AS agent,
            lower(regexp_replace(model, '[^A-Za-z0-9]+', '-', 'g')) AS model
        ) FROM verdicts
    ),
    found AS (
        SELECT v.verdict_id, place.trajectory_id
        FROM v JOIN places AS place ON v.task_key = place.task_key
        WHERE {AGREES}
        UNION ALL
        SELECT v.verdict_id, place.trajectory_id
        FROM v JOIN (SELECT *, unnest(list_distinct(list_concat(parts, stems))) AS part FROM places) AS place
            ON lower(v.run) = place.part
        WHERE v.task_key IS NULL AND {AGREES}
    )
    SELECT
        verdicts.verdict_id,
        CASE WHEN count(found.trajectory_id) = 1 THEN any_value(found.trajectory_id) END AS trajectory_id,
        CASE count(found.trajectory_id)
            WHEN 0 THEN 'waiting' WHEN 1 THEN 'attached' ELSE 'ambiguous'
        END AS state,
        count(found.trajectory_id) AS fitting_count
    FROM verdicts LEFT JOIN found USING (verdict_id)
    GROUP BY verdicts.verdict_id
"""
"""Per verdict: whom it judges, and whether that is clear."""

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
