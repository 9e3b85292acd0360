-- Monthly reports (D7): one of a month, kind and organization, whoever makes it. `month` counts from 1970-01.
ALTER TABLE reports ADD COLUMN month BIGINT NULL;
ALTER TABLE reports ADD COLUMN expires_at BIGINT NULL;
CREATE UNIQUE INDEX reports_month ON reports (partner_id, organization_id, kind, month) WHERE month IS NOT NULL;
CREATE INDEX reports_expiry ON reports (expires_at) WHERE expires_at IS NOT NULL;

-- When an organization's next monthly report is due, and a partner's next weekly summary. 0: not worked out yet, or its zone or day changed.
ALTER TABLE organizations ADD COLUMN next_report_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX organizations_report_due ON organizations (next_report_at);
-- A report that could not be made: how often it was tried, and what went wrong.
ALTER TABLE organizations ADD COLUMN report_tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN report_fault TEXT NOT NULL DEFAULT '';

-- What people have said about a partner's monthly run. No row: nothing. Stopped: nothing is made before `held_until`, when the next month's run
-- begins, or it is taken up again. `asked_month`: the past month that was asked for last, for all organizations.
CREATE TABLE report_runs (
  partner_id BIGINT NOT NULL REFERENCES partners (id) PRIMARY KEY,
  held_until BIGINT NULL,
  held_at BIGINT NULL,
  held_by TEXT NOT NULL DEFAULT '',
  asked_month BIGINT NULL,
  asked_at BIGINT NULL,
  asked_by TEXT NOT NULL DEFAULT ''
);

-- Email Delivery Settings of an organization's monthly report (D7). No row: off, not shared. `addresses`: JSON, at most three.
-- `enabled_at`: since when it is on; a report of an earlier due date is not mailed.
CREATE TABLE report_delivery (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  organization_id BIGINT NOT NULL,
  enabled BOOLEAN NOT NULL DEFAULT FALSE,
  enabled_at BIGINT NULL,
  addresses TEXT NOT NULL DEFAULT '[]',
  shared BOOLEAN NOT NULL DEFAULT FALSE,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  PRIMARY KEY (partner_id, organization_id)
);

-- The weekly health summary of a partner (D8). No row: off. `weekday` 1: Monday; `hour` in the partner's zone. `week`: the last one that was sent
-- (days since 1970-01-01 of its due day).
CREATE TABLE weekly_summaries (
  partner_id BIGINT NOT NULL REFERENCES partners (id) PRIMARY KEY,
  enabled BOOLEAN NOT NULL DEFAULT FALSE,
  addresses TEXT NOT NULL DEFAULT '[]',
  weekday BIGINT NOT NULL DEFAULT 1,
  hour BIGINT NOT NULL DEFAULT 7,
  next_at BIGINT NULL,
  last_day BIGINT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);
CREATE INDEX weekly_summaries_due ON weekly_summaries (next_at) WHERE enabled;

-- Domains that mail may go to. `organization_id` 0: the partner's own. Proved by a TXT record that holds `token`, or by a code that was mailed.
CREATE TABLE mail_domains (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL DEFAULT 0,
  domain TEXT NOT NULL,
  token TEXT NOT NULL,
  code_hash TEXT NULL,
  code_to TEXT NOT NULL DEFAULT '',
  code_until BIGINT NULL,
  code_tries BIGINT NOT NULL DEFAULT 0,
  verified_at BIGINT NULL,
  verified_by TEXT NOT NULL DEFAULT '',
  checked_at BIGINT NULL,
  check_said TEXT NOT NULL DEFAULT '',
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX mail_domains_once ON mail_domains (partner_id, organization_id, domain);

-- Keys that a partner's mail is signed with (DKIM); `secret` is sealed.
CREATE TABLE mail_keys (
  partner_id BIGINT NOT NULL REFERENCES partners (id) PRIMARY KEY,
  domain TEXT NOT NULL,
  selector TEXT NOT NULL,
  secret {blob} NOT NULL,
  public TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL
);

-- The outbox: one row for each copy of a message. `once` names what it is a copy of, so that a second attempt to queue it adds nothing.
-- `state`: queued, handing_over (a server holds it until `lease_until`), in_doubt (the server was stopped between the end of the message and
-- the answer), sent, deferred, bounced, failed, cancelled. `message`: what it is made of (JSON); the bytes follow from it.
CREATE TABLE mails (
  partner_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL DEFAULT 0,
  kind TEXT NOT NULL,
  report_id BIGINT NULL,
  once TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  message {blob} NOT NULL,
  message_id TEXT NOT NULL,
  state TEXT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  next_at BIGINT NULL,
  lease_until BIGINT NULL,
  leased_by TEXT NOT NULL DEFAULT '',
  said TEXT NOT NULL DEFAULT '',
  made_at BIGINT NOT NULL,
  ended_at BIGINT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX mails_once ON mails (partner_id, once);
CREATE INDEX mails_due ON mails (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX mails_report ON mails (partner_id, report_id) WHERE report_id IS NOT NULL;
CREATE INDEX mails_list ON mails (partner_id, made_at, id);

-- What happened to a copy, in order: queued, tried, deferred (4.x), sent, bounced (5.x) – with the words of the other side.
CREATE TABLE mail_events (
  partner_id BIGINT NOT NULL,
  mail_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  kind TEXT NOT NULL,
  said TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (partner_id, mail_id, seq)
);

-- Addresses that get nothing any more: they bounced for good, or unsubscribed from a kind of mail.
CREATE TABLE mail_stops (
  partner_id BIGINT NOT NULL,
  address TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT '',
  cause TEXT NOT NULL CHECK (cause IN ('bounced', 'unsubscribed')),
  said TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  PRIMARY KEY (partner_id, address, kind)
);

-- A device's runs and alerts in the order of their lists, ties included: without the id SQLite rather walks all of the partner's in that order.
DROP INDEX runs_device;
CREATE INDEX runs_device ON runs (partner_id, device_id, started_at, id);
DROP INDEX alerts_device;
CREATE INDEX alerts_device ON alerts (partner_id, device_id, opened_at, id);
