-- Devices by need of a look: critical ones, warnings, unknown ones, healthy ones, then those that count as paused.
CREATE INDEX device_state_need ON device_state (partner_id, (CASE WHEN life = 'paused' THEN 500 WHEN score = 0 THEN 200 WHEN score < 70 THEN score WHEN score < 90 THEN score + 100 ELSE score + 300 END), device_id) WHERE life <> 'retired';

-- By when the service level was, or will be, broken: apart, so that neither list passes over the other's rows.
DROP INDEX device_state_breach;
CREATE INDEX device_state_breach ON device_state (partner_id, breach_at, device_id) WHERE in_breach;
CREATE INDEX device_state_kept ON device_state (partner_id, breach_at, device_id) WHERE breach_at IS NOT NULL AND NOT in_breach;
