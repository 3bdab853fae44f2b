-- What did one trajectory do, turn by turn, with every step signal? (parameter: $trajectory_id)
SELECT
    turn.step, turn.seq, turn.action_label, turn.observation_label, turn.is_error, turn.error_kind,
    signal.* EXCLUDE (trajectory_id, step, bucket)
FROM steps AS turn
JOIN step_signals AS signal USING (trajectory_id, step)
WHERE trajectory_id = $trajectory_id
ORDER BY turn.step
