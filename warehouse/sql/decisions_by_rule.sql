-- Which rules decided how often, and why, in the newest build of each dataset?
SELECT head.name AS dataset, decision.rule, decision.verdict, decision.reason, count(*) AS trajectory_count
FROM dataset_heads AS head
JOIN decisions AS decision USING (dataset_id)
GROUP BY ALL
ORDER BY dataset, trajectory_count DESC, rule, reason
