-- Which tools are in the most turns that report a failure?
SELECT
    tool_name,
    count(*) AS step_count,
    count(*) FILTER (WHERE is_error) AS error_step_count,
    count(*) FILTER (WHERE is_error) / count(*) AS error_step_frac,
    mode(error_kind) AS usual_error_kind
FROM (SELECT unnest(list_distinct(tool_names)) AS tool_name, is_error, error_kind FROM steps)
GROUP BY tool_name
HAVING count(*) FILTER (WHERE is_error) > 0
ORDER BY error_step_count DESC, tool_name
