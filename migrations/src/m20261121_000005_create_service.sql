-- Service level (D5): rules with their history. `organization_id` 0: the partner's own and those below it. One rule of a scope and class is in
-- force at a time; `until_at` ends it.
CREATE TABLE sla_rules (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL DEFAULT 0,
  class TEXT NOT NULL CHECK (class IN ('workstation', 'server')),
  hours BIGINT NOT NULL CHECK (hours > 0),
  from_at BIGINT NOT NULL,
  until_at BIGINT NULL,
  made_by TEXT NOT NULL,
  ended_by TEXT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX sla_rules_in_force ON sla_rules (partner_id, organization_id, class) WHERE until_at IS NULL;

-- The hours that hold for an organization now, after the narrowest rule; kept by whoever changes a rule or makes an organization.
ALTER TABLE organizations ADD COLUMN sla_workstation_hours BIGINT NOT NULL DEFAULT 24;
ALTER TABLE organizations ADD COLUMN sla_server_hours BIGINT NOT NULL DEFAULT 12;

-- The ends of a device's usable runs: one row a week (week 0 begins at 1970-01-01T00:00Z), `ends` in order, each as 32 bits, little-endian,
-- milliseconds after the beginning of the week. Breaches, gaps and compliance of any period follow from them.
CREATE TABLE recency (
  partner_id BIGINT NOT NULL,
  week BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  ends {blob} NOT NULL,
  PRIMARY KEY (partner_id, week, device_id)
);

-- Time that a service level leaves out: pauses, retirement, deactivation. `device_id` 0: the whole organization. Maintenance follows from its windows.
CREATE TABLE exclusions (
  partner_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL DEFAULT 0,
  cause TEXT NOT NULL CHECK (cause IN ('paused', 'retired', 'deactivated')),
  from_at BIGINT NOT NULL,
  until_at BIGINT NULL,
  made_by TEXT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE INDEX exclusions_subject ON exclusions (partner_id, organization_id, device_id, from_at);
CREATE UNIQUE INDEX exclusions_open ON exclusions (partner_id, organization_id, device_id, cause) WHERE until_at IS NULL;
INSERT INTO exclusions (partner_id, id, organization_id, device_id, cause, from_at, made_by)
SELECT partner_id, id, organization_id, id, life, updated_at, 'system' FROM devices WHERE life IN ('paused', 'retired');
INSERT INTO exclusions (partner_id, id, organization_id, device_id, cause, from_at, made_by)
SELECT partner_id, id, id, 0, 'deactivated', updated_at, 'system' FROM organizations WHERE status = 'deactivated';

-- Maintenance (D2). A change ends a row and begins another of the same series, so that the past keeps what was announced for it.
CREATE TABLE maintenance_windows (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  id BIGINT NOT NULL,
  series_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  scope TEXT NOT NULL CHECK (scope IN ('device', 'organization', 'partner', 'tag', 'all')),
  organization_id BIGINT NOT NULL DEFAULT 0,
  device_id BIGINT NOT NULL DEFAULT 0,
  tag TEXT NOT NULL DEFAULT '',
  occurs TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  until_at BIGINT NULL,
  over_at BIGINT NULL,
  made_by TEXT NOT NULL,
  ended_by TEXT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE INDEX maintenance_windows_in_force ON maintenance_windows (partner_id) WHERE until_at IS NULL;
CREATE INDEX maintenance_windows_series ON maintenance_windows (partner_id, series_id);
ALTER TABLE device_state ADD COLUMN quiet_until BIGINT NULL;
ALTER TABLE account_state ADD COLUMN quiet_until BIGINT NULL;

-- Who is in breach now, longest first.
CREATE INDEX device_state_breach ON device_state (partner_id, (COALESCE(last_usable_at, 0)), device_id) WHERE in_breach;

-- Incidents (D1, D4): alerts of one cause. `cause` is `connection:…`, `destination:…` or `organization:…`.
CREATE TABLE incidents (
  partner_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL DEFAULT 0,
  cause TEXT NOT NULL,
  severity TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  joined_at BIGINT NOT NULL,
  resolved_at BIGINT NULL,
  members BIGINT NOT NULL DEFAULT 0,
  open_members BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX incidents_open ON incidents (partner_id, cause) WHERE resolved_at IS NULL;
CREATE INDEX incidents_list ON incidents (partner_id, opened_at, id);

ALTER TABLE alerts ADD COLUMN incident_id BIGINT NULL;
ALTER TABLE alerts ADD COLUMN destination TEXT NULL;
-- When it was opened or reopened last, and the times of its latest reopenings (JSON, at most eight): flapping is told from them.
ALTER TABLE alerts ADD COLUMN last_opened_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE alerts ADD COLUMN reopenings TEXT NOT NULL DEFAULT '[]';
ALTER TABLE alerts ADD COLUMN flapping_since BIGINT NULL;
-- The condition is gone since then, and the alert stays open until it has been gone for long enough.
ALTER TABLE alerts ADD COLUMN cleared_at BIGINT NULL;
ALTER TABLE alerts ADD COLUMN reminded_at BIGINT NULL;
UPDATE alerts SET last_opened_at = opened_at;
CREATE INDEX alerts_recent ON alerts (partner_id, last_opened_at) WHERE resolved_at IS NULL;
CREATE INDEX alerts_incident ON alerts (partner_id, incident_id) WHERE incident_id IS NOT NULL;

-- What a partner wishes for all that is below it. No row: the defaults.
CREATE TABLE partner_settings (
  partner_id BIGINT NOT NULL REFERENCES partners (id) PRIMARY KEY,
  reminder_hours BIGINT NULL,
  brand_name TEXT NOT NULL DEFAULT '',
  brand_colour TEXT NOT NULL DEFAULT '',
  brand_logo {blob} NULL,
  brand_footer TEXT NOT NULL DEFAULT '',
  updated_at BIGINT NOT NULL
);

-- Filters that somebody keeps under a name. `user_id` 0: for everybody of the partner.
CREATE TABLE saved_views (
  partner_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  user_id BIGINT NOT NULL DEFAULT 0,
  place TEXT NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE INDEX saved_views_place ON saved_views (partner_id, place);

-- Reports (D1): frozen with what they were made of, so that making one again gives the same bytes. `organization_id` 0: all of the partner.
CREATE TABLE reports (
  partner_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  organization_id BIGINT NOT NULL DEFAULT 0,
  from_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  inputs {blob} NOT NULL,
  inputs_hash TEXT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE INDEX reports_list ON reports (partner_id, organization_id, kind, made_at);
CREATE INDEX reports_hash ON reports (inputs_hash);

-- What is stored knows nothing of maintenance and rules yet: each device is settled once, at the next tick.
UPDATE device_state SET next_change_at = 0 WHERE life IN ('pending', 'active');
