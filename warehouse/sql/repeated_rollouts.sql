-- Which rollouts of a task say the same, word for word, and so count several times among its attempts?
WITH starts AS (
    SELECT trajectory_id, min(seq) AS first_seq FROM messages WHERE role <> 'system' GROUP BY trajectory_id
),
said AS (
    -- Hashes of single messages, so that no conversation is ever held; space does not count, for JSON differs in it.
    SELECT trajectory_id, count(*) AS message_count, bit_xor(hash(
        seq - first_seq, role, trim(coalesce(text, '')), trim(coalesce(reasoning, '')),
        list_transform(tool_calls, lambda made: made.name || regexp_replace(coalesce(made.arguments, ''), '\s', '', 'g'))
    )) AS content
    FROM messages JOIN starts USING (trajectory_id) WHERE role <> 'system' GROUP BY trajectory_id
)
SELECT
    task.benchmark,
    task.task_key,
    count(*) AS copy_count,
    any_value(said.message_count) AS message_count,
    count(DISTINCT t.group_id) AS group_count,
    count(DISTINCT t.outcome_reward) AS reward_count,
    list(DISTINCT t.source_format ORDER BY t.source_format) AS formats,
    min(t.trajectory_id) AS example_trajectory_id,
    max(t.trajectory_id) AS other_trajectory_id
FROM trajectories AS t
JOIN said USING (trajectory_id)
JOIN tasks AS task USING (task_id)
WHERE t.relation NOT IN ('repair', 'corruption')
GROUP BY task.benchmark, task.task_key, t.task_id, t.parent_id, t.shared_count, said.content
HAVING count(*) > 1
ORDER BY message_count DESC, copy_count DESC, task.benchmark, task.task_key, example_trajectory_id
