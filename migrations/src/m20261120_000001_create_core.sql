CREATE TABLE partners (
  id BIGINT PRIMARY KEY,
  parent_id BIGINT NULL REFERENCES partners (id),
  path TEXT NOT NULL,
  name TEXT NOT NULL,
  name_lower TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX partners_path ON partners (path);

CREATE TABLE organizations (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  name_lower TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('activated', 'deactivated')),
  region TEXT NOT NULL DEFAULT '',
  plan_name TEXT NOT NULL DEFAULT '',
  plan_type TEXT NOT NULL CHECK (plan_type IN ('Backup', 'Archiver')),
  seat_limit BIGINT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX organizations_name ON organizations (partner_id, name_lower);

CREATE TABLE users (
  id BIGINT PRIMARY KEY,
  email TEXT NOT NULL,
  email_lower TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  failed_sign_ins BIGINT NOT NULL DEFAULT 0,
  locked_until BIGINT NULL,
  disabled BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL
);

CREATE TABLE memberships (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  organization_id BIGINT NOT NULL DEFAULT 0,
  user_id BIGINT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'technician', 'finance', 'viewer', 'client_admin', 'client_viewer')),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (partner_id, organization_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE sessions (
  id BIGINT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  user_id BIGINT NOT NULL REFERENCES users (id),
  partner_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  user_agent TEXT NOT NULL DEFAULT ''
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE api_keys (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  id BIGINT NOT NULL,
  organization_id BIGINT NULL,
  device_id BIGINT NULL,
  name TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  token_start TEXT NOT NULL,
  can_ingest BOOLEAN NOT NULL,
  can_read BOOLEAN NOT NULL,
  can_manage BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NULL,
  revoked_at BIGINT NULL,
  last_used_at BIGINT NULL,
  PRIMARY KEY (partner_id, id)
);

CREATE TABLE policies (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  name_lower TEXT NOT NULL,
  schedule TEXT NOT NULL,
  grace_minutes BIGINT NOT NULL,
  longest_run_minutes BIGINT NOT NULL,
  restore_test_days BIGINT NULL,
  overdue_hours BIGINT NULL,
  offline_allowance_hours BIGINT NOT NULL,
  silence_days BIGINT NOT NULL,
  is_default BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX policies_name ON policies (partner_id, name_lower);

CREATE TABLE devices (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  name_lower TEXT NOT NULL,
  class TEXT NOT NULL CHECK (class IN ('workstation', 'server')),
  life TEXT NOT NULL CHECK (life IN ('pending', 'active', 'paused', 'retired')),
  policy_id BIGINT NOT NULL,
  quota_bytes BIGINT NULL,
  tags TEXT NOT NULL DEFAULT '[]',
  ping_uuid TEXT NOT NULL UNIQUE,
  agent_version TEXT NULL,
  hostname TEXT NULL,
  enrolled_at BIGINT NOT NULL,
  watched_since BIGINT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX devices_name ON devices (partner_id, organization_id, name_lower);
CREATE INDEX devices_sorted ON devices (partner_id, name_lower, id);
CREATE INDEX devices_policy ON devices (partner_id, policy_id);

CREATE TABLE jobs (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  name_lower TEXT NOT NULL,
  slug TEXT NOT NULL,
  schedule TEXT NULL,
  ping_uuid TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX jobs_name ON jobs (partner_id, device_id, name_lower);

CREATE TABLE runs (
  partner_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  job_id BIGINT NOT NULL,
  run_key TEXT NOT NULL,
  state TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT NULL,
  attempt BIGINT NOT NULL,
  timed_out BOOLEAN NOT NULL DEFAULT FALSE,
  bytes BIGINT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX runs_key ON runs (partner_id, job_id, run_key);
CREATE INDEX runs_device ON runs (partner_id, device_id, started_at);
CREATE INDEX runs_started ON runs (partner_id, started_at, id);

CREATE TABLE run_logs (
  partner_id BIGINT NOT NULL,
  run_id BIGINT NOT NULL,
  body {blob} NOT NULL,
  bytes BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (partner_id, run_id)
);
CREATE INDEX run_logs_age ON run_logs (created_at);

CREATE TABLE job_state (
  partner_id BIGINT NOT NULL,
  job_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  history TEXT NOT NULL,
  slots TEXT NOT NULL,
  last_run_id BIGINT NULL,
  last_state TEXT NULL,
  last_at BIGINT NULL,
  last_usable_at BIGINT NULL,
  due_at BIGINT NULL,
  PRIMARY KEY (partner_id, job_id)
);
CREATE INDEX job_state_device ON job_state (partner_id, device_id);

CREATE TABLE device_state (
  partner_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  life TEXT NOT NULL,
  score BIGINT NOT NULL,
  band TEXT NOT NULL,
  assessment TEXT NOT NULL,
  assessed_at BIGINT NOT NULL,
  next_change_at BIGINT NULL,
  last_seen_at BIGINT NULL,
  checked_in_at BIGINT NULL,
  storage_used BIGINT NULL,
  last_usable_at BIGINT NULL,
  due_at BIGINT NULL,
  running BIGINT NOT NULL DEFAULT 0,
  retrying BIGINT NOT NULL DEFAULT 0,
  restore_at BIGINT NULL,
  restore_passed BOOLEAN NULL,
  open_alerts BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (partner_id, device_id)
);
CREATE INDEX device_state_next_change ON device_state (next_change_at) WHERE next_change_at IS NOT NULL;
CREATE INDEX device_state_score ON device_state (partner_id, score, device_id);
CREATE INDEX device_state_organization ON device_state (partner_id, organization_id, score, device_id);

CREATE TABLE organization_counts (
  partner_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  healthy BIGINT NOT NULL DEFAULT 0,
  warning BIGINT NOT NULL DEFAULT 0,
  critical BIGINT NOT NULL DEFAULT 0,
  unknown BIGINT NOT NULL DEFAULT 0,
  paused BIGINT NOT NULL DEFAULT 0,
  running BIGINT NOT NULL DEFAULT 0,
  retrying BIGINT NOT NULL DEFAULT 0,
  open_alerts BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (partner_id, organization_id)
);

CREATE TABLE organization_hours (
  partner_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  hour BIGINT NOT NULL,
  succeeded BIGINT NOT NULL DEFAULT 0,
  warning BIGINT NOT NULL DEFAULT 0,
  failed BIGINT NOT NULL DEFAULT 0,
  missed BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (partner_id, organization_id, hour)
);

CREATE TABLE job_days (
  partner_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  day BIGINT NOT NULL,
  job_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  succeeded BIGINT NOT NULL DEFAULT 0,
  warning BIGINT NOT NULL DEFAULT 0,
  failed BIGINT NOT NULL DEFAULT 0,
  missed BIGINT NOT NULL DEFAULT 0,
  other BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (partner_id, device_id, day, job_id)
);

CREATE TABLE alerts (
  partner_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  job_id BIGINT NULL,
  run_id BIGINT NULL,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  since BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  raised_at BIGINT NULL,
  resolved_at BIGINT NULL,
  reopened BIGINT NOT NULL DEFAULT 0,
  muted BOOLEAN NOT NULL DEFAULT FALSE,
  acknowledged_at BIGINT NULL,
  acknowledged_by TEXT NULL,
  snoozed_until BIGINT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX alerts_open ON alerts (partner_id, device_id, kind) WHERE resolved_at IS NULL;
CREATE INDEX alerts_device ON alerts (partner_id, device_id, opened_at);
CREATE INDEX alerts_list ON alerts (partner_id, opened_at, id);

CREATE TABLE alert_events (
  partner_id BIGINT NOT NULL,
  alert_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  what TEXT NOT NULL,
  who TEXT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (partner_id, alert_id, id)
);

CREATE TABLE restore_tests (
  partner_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  passed BOOLEAN NOT NULL,
  scope TEXT NOT NULL,
  rpo_seconds BIGINT NULL,
  rto_seconds BIGINT NULL,
  note TEXT NOT NULL,
  made_by TEXT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX restore_tests_device ON restore_tests (partner_id, device_id, at, scope);

CREATE TABLE inbox (
  partner_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL DEFAULT 0,
  source TEXT NOT NULL,
  source_lower TEXT NOT NULL,
  first_seen_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  events BIGINT NOT NULL DEFAULT 0,
  device_id BIGINT NULL,
  dismissed_at BIGINT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX inbox_source ON inbox (partner_id, organization_id, source_lower);

CREATE TABLE inbox_events (
  partner_id BIGINT NOT NULL,
  inbox_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (partner_id, inbox_id, id)
);

CREATE TABLE audit (
  partner_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  organization_id BIGINT NOT NULL DEFAULT 0,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (partner_id, seq)
);
