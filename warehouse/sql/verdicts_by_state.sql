-- Which scores from other files found their rollout, and which wait or fit several?
SELECT v.name, a.state, count(*) AS verdict_count, count(v.value) AS with_value_count,
    count(DISTINCT v.record_id) AS file_count, any_value(v.run) AS example_run,
    any_value(v.task_key) AS example_task_key, any_value(r.source_uri) AS example_source_uri
FROM verdicts AS v
JOIN verdict_attachments AS a USING (verdict_id)
LEFT JOIN records AS r USING (record_id)
GROUP BY v.name, a.state
ORDER BY verdict_count DESC, v.name, a.state
