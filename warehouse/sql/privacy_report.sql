-- Which secrets and personal data did the last scan find, how often, and in how many trajectories and sources?
SELECT s.kind, s.family, s.confidence, count(*) AS span_count, count(DISTINCT s.text_digest) AS value_count,
    count(DISTINCT s.trajectory_id) AS trajectory_count, count(DISTINCT t.source_name) AS source_count
FROM privacy_spans AS s
LEFT JOIN trajectories AS t USING (trajectory_id)
GROUP BY ALL
ORDER BY s.family, span_count DESC, s.kind
