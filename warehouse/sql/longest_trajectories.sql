-- Which trajectories have the most messages?
SELECT
    trajectory_id, benchmark, task_key, agent, model, status, outcome_reward, message_count, step_count, call_count
FROM trajectory_overview
WHERE relation <> 'corruption'
ORDER BY message_count DESC, trajectory_id
LIMIT 50
