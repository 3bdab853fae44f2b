-- What do the rollouts of each agent and model cost, in dollars and tokens?
SELECT
    agent,
    model,
    count(*) AS trajectory_count,
    sum(cost_usd) AS cost_usd,
    sum(prompt_tokens)::BIGINT AS prompt_tokens,
    sum(completion_tokens)::BIGINT AS completion_tokens,
    avg(message_count) AS mean_message_count
FROM trajectories
WHERE relation NOT IN ('repair', 'corruption')
GROUP BY agent, model
ORDER BY cost_usd DESC NULLS LAST, agent, model
