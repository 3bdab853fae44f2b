-- How often is each task solved, over all trials with a known outcome?
SELECT
    task.benchmark,
    task.task_key,
    sum(trials.scored_trial_count)::BIGINT AS scored_trial_count,
    sum(trials.success_count)::BIGINT AS success_count,
    sum(trials.success_count) / nullif(sum(trials.scored_trial_count), 0) AS pass_rate
FROM group_signals_outcomes AS trials
JOIN (SELECT DISTINCT group_id, task_id FROM trajectories) USING (group_id)
JOIN tasks AS task USING (task_id)
GROUP BY ALL
ORDER BY pass_rate NULLS LAST, benchmark, task_key
