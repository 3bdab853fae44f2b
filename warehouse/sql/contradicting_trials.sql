-- Which trials of a task are there more than once, with different rewards?
SELECT
    task.benchmark,
    task.task_key,
    t.agent,
    t.model,
    t.trial,
    count(*) AS copy_count,
    min(t.outcome_reward) AS lowest_reward,
    max(t.outcome_reward) AS highest_reward,
    t.group_id,
    min(t.trajectory_id) AS example_trajectory_id
FROM trajectories AS t
JOIN tasks AS task USING (task_id)
WHERE t.relation NOT IN ('repair', 'corruption') AND t.parent_id IS NULL AND t.trial IS NOT NULL
GROUP BY ALL
HAVING min(t.outcome_reward) < max(t.outcome_reward)
ORDER BY copy_count DESC, task.benchmark, task.task_key, t.trial, t.group_id
