CREATE TABLE organization_days (
  partner_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  day BIGINT NOT NULL,
  succeeded BIGINT NOT NULL DEFAULT 0,
  warning BIGINT NOT NULL DEFAULT 0,
  failed BIGINT NOT NULL DEFAULT 0,
  missed BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (partner_id, organization_id, day)
);
INSERT INTO organization_days (partner_id, organization_id, day, succeeded, warning, failed, missed)
SELECT partner_id, organization_id, day, CAST(SUM(succeeded) AS BIGINT), CAST(SUM(warning) AS BIGINT), CAST(SUM(failed) AS BIGINT), CAST(SUM(missed) AS BIGINT)
FROM job_days GROUP BY partner_id, organization_id, day;

CREATE TABLE device_storage (
  partner_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  day BIGINT NOT NULL,
  used BIGINT NOT NULL,
  quota BIGINT NULL,
  PRIMARY KEY (partner_id, device_id, day)
);

ALTER TABLE device_state ADD COLUMN breach_at BIGINT NULL;
ALTER TABLE device_state ADD COLUMN in_breach BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organization_counts ADD COLUMN covered BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organization_counts ADD COLUMN in_breach BIGINT NOT NULL DEFAULT 0;

-- What is stored knows nothing of the service level yet: each device is settled once, at the next tick.
UPDATE device_state SET next_change_at = 0 WHERE life IN ('pending', 'active');

ALTER TABLE alerts ADD COLUMN worth BIGINT NOT NULL DEFAULT 0;
UPDATE alerts SET worth = CASE severity WHEN 'critical' THEN 200 ELSE 100 END;
CREATE INDEX alerts_worth ON alerts (partner_id, worth DESC, id) WHERE resolved_at IS NULL;
CREATE INDEX alerts_resolved ON alerts (partner_id, resolved_at) WHERE resolved_at IS NOT NULL;

-- Beside the runs and not an index of them: on PostgreSQL an index that looks at the state would make every end of a run
-- an update of all indexes.
CREATE TABLE troubled_runs (
  partner_id BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('failed', 'missed', 'warning')),
  PRIMARY KEY (partner_id, started_at, run_id)
);
INSERT INTO troubled_runs (partner_id, started_at, run_id, organization_id, device_id, state)
SELECT partner_id, started_at, id, organization_id, device_id, state FROM runs WHERE state IN ('failed', 'missed', 'warning');

CREATE INDEX device_state_open ON device_state (partner_id, device_id) WHERE running > 0 OR retrying > 0;

CREATE TABLE inbox_rules (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  id BIGINT NOT NULL,
  pattern TEXT NOT NULL,
  organization_id BIGINT NOT NULL,
  class TEXT NOT NULL CHECK (class IN ('workstation', 'server')),
  policy_id BIGINT NULL,
  tags TEXT NOT NULL DEFAULT '[]',
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  used BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (partner_id, id)
);
