-- Orders of the list of devices. Retired devices are in none of them: they would stand before all others.
DROP INDEX device_state_score;
CREATE INDEX device_state_score ON device_state (partner_id, score, device_id) WHERE life <> 'retired';
CREATE INDEX device_state_usable ON device_state (partner_id, (COALESCE(last_usable_at, 0)), device_id) WHERE life <> 'retired';
CREATE INDEX device_state_due ON device_state (partner_id, (COALESCE(due_at, 9223372036854775807)), device_id) WHERE life <> 'retired';

-- Which devices are of a kind, without reading them.
DROP INDEX devices_policy;
CREATE INDEX devices_policy ON devices (partner_id, policy_id, class, life, id);
CREATE INDEX devices_class ON devices (partner_id, class, life, id);
