-- What came in, per format: how much, and what the sources did not tell?
WITH held AS (
    SELECT t.source_format AS format, t.trajectory_id, t.outcome_reward, t.toolset_id,
        count(m.seq) AS messages, count(*) FILTER (WHERE m.role = 'assistant') AS turns,
        coalesce(sum(len(m.tool_calls)), 0) AS calls
    FROM judged_trajectories AS t LEFT JOIN messages AS m USING (trajectory_id)
    WHERE t.relation NOT IN ('repair', 'corruption')
    GROUP BY ALL
),
told AS (
    SELECT format, count(*) AS trajectory_count, sum(messages)::BIGINT AS message_count,
        sum(turns)::BIGINT AS agent_turn_count, sum(calls)::BIGINT AS tool_call_count,
        count(*) FILTER (WHERE outcome_reward IS NULL) AS missing_reward_count,
        count(*) FILTER (WHERE toolset_id IS NULL) AS missing_tools_count
    FROM held GROUP BY format
),
came AS (
    SELECT coalesce(format, 'unknown') AS format, count(*) AS record_count,
        count(*) FILTER (WHERE parse_status = 'rejected') AS rejected_count
    FROM records GROUP BY ALL
)
SELECT format, record_count, rejected_count, coalesce(trajectory_count, 0) AS trajectory_count,
    coalesce(message_count, 0) AS message_count, coalesce(agent_turn_count, 0) AS agent_turn_count,
    coalesce(tool_call_count, 0) AS tool_call_count, coalesce(missing_reward_count, 0) AS missing_reward_count,
    coalesce(missing_tools_count, 0) AS missing_tools_count
FROM came LEFT JOIN told USING (format)
ORDER BY record_count DESC, format
