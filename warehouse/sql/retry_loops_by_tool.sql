-- Which tools are used in trajectories that repeat themselves?
SELECT
    tool_name,
    count(*) AS trajectory_count,
    count(*) FILTER (WHERE loops.retry_loop_count > 0) AS looping_trajectory_count,
    sum(loops.retry_loop_count)::BIGINT AS retry_loop_count,
    avg(loops.looped_step_count) AS mean_looped_step_count
FROM (SELECT DISTINCT trajectory_id, unnest(tool_names) AS tool_name FROM steps)
JOIN signals_loops AS loops USING (trajectory_id)
GROUP BY tool_name
ORDER BY retry_loop_count DESC, tool_name
