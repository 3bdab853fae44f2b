-- What became of everything that came in, down to the newest build of each dataset?
WITH outcome AS (
    SELECT head.name, decision.verdict, decision.reason, count(*) AS row_count
    FROM dataset_heads AS head
    JOIN decisions AS decision USING (dataset_id)
    GROUP BY ALL
)
SELECT 1 AS stage_order, 'records in' AS stage, NULL AS dataset, NULL AS reason, count(*) AS row_count FROM records
UNION ALL
SELECT 2, 'records rejected', NULL, reason, count(*) FROM records WHERE parse_status = 'rejected' GROUP BY reason
UNION ALL
SELECT 3, 'trajectories in', NULL, NULL, count(*) FROM trajectories WHERE relation NOT IN ('repair', 'corruption')
UNION ALL
SELECT 4, 'trajectories ' || verdict, name, reason, row_count FROM outcome
UNION ALL
SELECT 5, 'rows exported as ' || export.format, head.name, NULL, sum(export.row_count)::BIGINT
FROM dataset_heads AS head
JOIN exports AS export USING (dataset_id)
GROUP BY export.format, head.name
ORDER BY stage_order, dataset NULLS FIRST, stage, row_count DESC, reason
