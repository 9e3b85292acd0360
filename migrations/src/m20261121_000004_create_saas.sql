-- An organization's link to one service. `tokens` are encrypted; `claimed_until` lets one server at a time refresh.
CREATE TABLE connections (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  service TEXT NOT NULL CHECK (service IN ('microsoft_365', 'google_workspace')),
  policy_id BIGINT NOT NULL,
  tenant TEXT NOT NULL DEFAULT '',
  consent TEXT NOT NULL CHECK (consent IN ('connected', 'expired', 'unknown')),
  consent_at BIGINT NOT NULL,
  consent_code TEXT NOT NULL DEFAULT '',
  consent_detail TEXT NOT NULL DEFAULT '',
  tokens {blob} NULL,
  granted_at BIGINT NULL,
  granted_by TEXT NOT NULL DEFAULT '',
  refreshed_at BIGINT NULL,
  next_refresh_at BIGINT NULL,
  refused_at BIGINT NULL,
  troubled_since BIGINT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  claimed_until BIGINT NULL,
  claimed_by TEXT NULL,
  discovered_at BIGINT NULL,
  next_discovery_at BIGINT NULL,
  discovery_detail TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE UNIQUE INDEX connections_service ON connections (partner_id, organization_id, service);
CREATE INDEX connections_policy ON connections (partner_id, policy_id);
CREATE INDEX connections_refresh ON connections (next_refresh_at) WHERE next_refresh_at IS NOT NULL;
CREATE INDEX connections_discovery ON connections (next_discovery_at) WHERE next_discovery_at IS NOT NULL;

-- Authorizations that were begun and wait for the provider's answer.
CREATE TABLE authorizations (
  state_hash TEXT PRIMARY KEY,
  partner_id BIGINT NOT NULL,
  connection_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  verifier {blob} NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX authorizations_expiry ON authorizations (expires_at);

-- What is wrong with the platform itself: one row for all tenants that feel it.
CREATE TABLE platform_incidents (
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  since BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  resolved_at BIGINT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (kind, subject, since)
);

-- Seats. Jobs, runs, days and alerts of an account stand in the tables of devices, under the account's id in `device_id`:
-- ids are minted once for all kinds, so that no device has an account's id.
CREATE TABLE accounts (
  partner_id BIGINT NOT NULL REFERENCES partners (id),
  id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  connection_id BIGINT NOT NULL,
  service TEXT NOT NULL,
  address TEXT NOT NULL,
  address_lower TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '',
  type TEXT NOT NULL CHECK (type IN ('user', 'shared_mailbox', 'group', 'site', 'team')),
  status TEXT NOT NULL CHECK (status IN ('activated', 'deactivated')),
  external_id TEXT NULL,
  gone_at BIGINT NULL,
  enrolled_at BIGINT NOT NULL,
  watched_since BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (partner_id, id)
);
CREATE INDEX accounts_external ON accounts (partner_id, connection_id, external_id);
CREATE UNIQUE INDEX accounts_address ON accounts (partner_id, connection_id, address_lower);
CREATE INDEX accounts_sorted ON accounts (partner_id, organization_id, address_lower, id);
CREATE INDEX accounts_name ON accounts (partner_id, address_lower);

CREATE TABLE account_state (
  partner_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  service TEXT NOT NULL,
  life TEXT NOT NULL,
  counted BOOLEAN NOT NULL,
  score BIGINT NOT NULL,
  band TEXT NOT NULL,
  assessment TEXT NOT NULL,
  assessed_at BIGINT NOT NULL,
  next_change_at BIGINT NULL,
  last_seen_at BIGINT NULL,
  last_result TEXT NULL,
  last_at BIGINT NULL,
  last_usable_at BIGINT NULL,
  due_at BIGINT NULL,
  running BIGINT NOT NULL DEFAULT 0,
  retrying BIGINT NOT NULL DEFAULT 0,
  open_alerts BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (partner_id, account_id)
);
CREATE INDEX account_state_next_change ON account_state (next_change_at) WHERE next_change_at IS NOT NULL;
CREATE INDEX account_state_last ON account_state (partner_id, organization_id, (COALESCE(last_at, 0)), account_id);
CREATE INDEX account_state_open ON account_state (partner_id, organization_id, account_id) WHERE running > 0 OR retrying > 0;

-- Live counts. `organization_id` 0: the whole partner. `service` '': all services.
CREATE TABLE saas_counts (
  partner_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  service TEXT NOT NULL,
  accounts BIGINT NOT NULL DEFAULT 0,
  seats BIGINT NOT NULL DEFAULT 0,
  running BIGINT NOT NULL DEFAULT 0,
  retrying BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (partner_id, organization_id, service)
);
CREATE INDEX saas_counts_seats ON saas_counts (partner_id, seats, organization_id) WHERE service = '' AND organization_id <> 0;

-- Runs that ended, by hour. `organization_id` 0: the whole partner.
CREATE TABLE saas_hours (
  partner_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  hour BIGINT NOT NULL,
  succeeded BIGINT NOT NULL DEFAULT 0,
  warning BIGINT NOT NULL DEFAULT 0,
  failed BIGINT NOT NULL DEFAULT 0,
  missed BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (partner_id, organization_id, hour)
);

-- On which days backups were off. `account_id` 0: the organization itself.
CREATE TABLE activations (
  partner_id BIGINT NOT NULL,
  organization_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  activated BOOLEAN NOT NULL,
  who TEXT NOT NULL,
  PRIMARY KEY (partner_id, organization_id, account_id, at)
);
INSERT INTO activations (partner_id, organization_id, account_id, at, activated, who)
SELECT partner_id, id, 0, created_at, TRUE, 'system' FROM organizations;
INSERT INTO activations (partner_id, organization_id, account_id, at, activated, who)
SELECT partner_id, id, 0, updated_at, FALSE, 'system' FROM organizations WHERE status = 'deactivated' AND updated_at > created_at;
CREATE INDEX organizations_status ON organizations (partner_id, status, name_lower, id);
CREATE INDEX organizations_region ON organizations (partner_id, region, id);
CREATE INDEX organizations_plan ON organizations (partner_id, plan_name, id);
