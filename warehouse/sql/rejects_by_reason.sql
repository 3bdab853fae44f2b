-- Which records stand refused, and why?
SELECT reason, format, count(*) AS record_count, any_value(source_uri) AS example_source_uri,
    any_value(locator) AS example_locator, any_value(detail) AS example_detail
FROM standing_rejects
GROUP BY reason, format
ORDER BY record_count DESC, reason, format
