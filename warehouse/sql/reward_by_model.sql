-- What reward does each model reach, and how often is the outcome unknown?
SELECT
    model,
    agent,
    count(*) AS trajectory_count,
    count(*) - count(outcome_reward) AS unknown_outcome_count,
    avg(outcome_reward) AS mean_outcome_reward,
    median(outcome_reward) AS median_outcome_reward
FROM judged_trajectories
WHERE relation NOT IN ('repair', 'corruption')
GROUP BY model, agent
ORDER BY mean_outcome_reward DESC NULLS LAST, model, agent
