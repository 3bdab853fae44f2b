-- Which tasks does one policy sometimes solve and sometimes not?
SELECT
    task.benchmark,
    task.task_key,
    policy.agent,
    policy.model,
    trials.trial_count,
    trials.success_count,
    trials.pass_rate,
    trials.group_id
FROM group_signals_outcomes AS trials
JOIN (SELECT DISTINCT group_id, task_id, agent, model FROM trajectories) AS policy USING (group_id)
JOIN tasks AS task USING (task_id)
WHERE trials.is_mixed
ORDER BY abs(trials.pass_rate - 0.5), trials.trial_count DESC, trials.group_id
