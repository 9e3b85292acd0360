//! From a copy in the outbox to the message that is handed over, or shown: what a report's mail says follows from what the report was frozen
//! with, so that it is the same whenever it is made.

use super::Post;
use crate::monthly::{self, Level};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    ids::{MailId, PartnerId, ReportId},
    mail::MailKind,
    policy::DeviceClass,
    report::days::OrganizationDay,
    saas::days::AccountDay,
    text::utc,
    time::Time,
    wall_clock::wall_clock,
};
use engine::{
    Error,
    store::{
        mail_keys,
        mails::{Claim, Content, MailRow},
        reports::{self, Last, Monthly},
    },
};
use post::{
    message::{File, Letter, Picture, Signer, bytes},
    stamp::Purpose,
    summary::{Row, Summary, html, text},
};

/// Largest files that are attached, all together; larger ones are linked.
pub const ATTACHED: usize = 5 << 20;

/// What is needed of a copy to make it.
#[derive(Clone, Debug)]
pub struct Made<'a> {
    partner: PartnerId,
    id: MailId,
    kind: MailKind,
    report: Option<ReportId>,
    recipient: &'a str,
    subject: &'a str,
    content: &'a Content,
    at: Time,
}

/// Why there is no message.
#[derive(Debug)]
pub enum NotMade {
    /// The store, or too much at once.
    Later(String),
    /// What it tells of is gone, or can't be put into a message.
    Never(String),
}

impl From<Error> for NotMade {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(noun) => Self::Never(format!("The {noun} is deleted.")),
            error => Self::Later(error.public_message()),
        }
    }
}

impl<'a> Made<'a> {
    /// Of a claimed copy.
    pub fn of(claim: &'a Claim) -> Self {
        Self {
            partner: claim.partner,
            id: claim.id,
            kind: claim.kind,
            report: claim.report,
            recipient: &claim.recipient,
            subject: &claim.subject,
            content: &claim.content,
            at: claim.made_at,
        }
    }

    /// Of a copy that is looked at.
    pub fn shown(row: &'a MailRow, content: &'a Content) -> Self {
        Self {
            partner: row.partner,
            id: row.id,
            kind: row.kind,
            report: row.report,
            recipient: &row.recipient,
            subject: &row.subject,
            content,
            at: row.made_at,
        }
    }
}

impl Post {
    /// The bytes of a copy.
    ///
    /// # Errors
    /// As [`NotMade`].
    pub async fn made(&self, made: &Made<'_>) -> Result<Vec<u8>, NotMade> {
        let letter = self.letter(made, true).await?;
        let key = mail_keys::signer(&self.0.engine.store, &self.0.vault, made.partner).await?;
        let signer = key.map(|key| Signer { domain: key.domain, selector: key.selector, key: key.secret });
        tokio::task::spawn_blocking(move || bytes(&letter, signer.as_ref()))
            .await
            .map_err(|e| NotMade::Later(e.to_string()))?
            .map_err(|e| NotMade::Never(e.to_string()))
    }

    /// What a copy says. Without `files` its PDFs aren't made.
    ///
    /// # Errors
    /// As [`NotMade`].
    pub async fn letter(&self, made: &Made<'_>, files: bool) -> Result<Letter, NotMade> {
        let unsubscribe = made.kind.may_unsubscribe().then(|| {
            let stamp = self.0.keys.write(Purpose::Unsubscribe, made.partner, made.id);
            format!("{}/unsubscribe/{stamp}", self.0.public_url)
        });
        let stamp = self.0.keys.write(Purpose::Message, made.partner, made.id);
        let domain = self.0.from.1.rsplit('@').next().unwrap_or("localhost");
        let mut letter = Letter {
            from: self.0.from.clone(),
            to: made.recipient.to_owned(),
            subject: made.subject.to_owned(),
            at: made.at,
            message_id: format!("{stamp}@{domain}"),
            text: String::new(),
            html: String::new(),
            pictures: Vec::new(),
            files: Vec::new(),
            unsubscribe: unsubscribe.clone(),
        };
        match made.content {
            Content::Written(written) => {
                letter.text.clone_from(&written.text);
                letter.html.clone_from(&written.html);
                for picture in &written.pictures {
                    let png = STANDARD.decode(&picture.png).map_err(|e| NotMade::Never(e.to_string()))?;
                    letter.pictures.push(Picture { cid: picture.cid.clone(), png });
                }
                if let Some(url) = &unsubscribe {
                    letter.text.push_str(&format!("\nNo more of these to this address: {url}\n"));
                    letter.html = letter.html.replace("UNSUBSCRIBE-LINK", url);
                }
            }
            Content::Gone => return Err(NotMade::Never("What it said is no longer kept.".into())),
            Content::Report { test } => {
                let report = made.report.ok_or_else(|| NotMade::Never("It names no report.".into()))?;
                let monthly = reports::by_id(&self.0.engine.store, made.partner, report).await?;
                // Whoever only looks at it sees what nearly all copies say.
                let attached = if files { pdfs(monthly.clone()).await? } else { Some(Vec::new()) };
                let mut summary = self.summary(&monthly, unsubscribe, *test);
                summary.attached = attached.is_some();
                let logo = STANDARD.decode(&monthly.summary.brand.logo).ok().filter(|png| !png.is_empty());
                summary.logo = logo.is_some();
                letter.pictures.extend(logo.map(|png| Picture { cid: "logo".into(), png }));
                letter.files = attached.unwrap_or_default();
                letter.text = text(&summary);
                letter.html = html(&summary);
                if !summary.brand.is_empty() {
                    letter.from.0 = summary.brand;
                }
            }
        }
        Ok(letter)
    }

    fn summary(&self, monthly: &Monthly, unsubscribe: Option<String>, test: bool) -> Summary {
        let frozen = &monthly.summary;
        let clock = |at: Time| wall_clock(at, &frozen.time_zone).unwrap_or_else(|_| utc(at));
        let mut accounts: Vec<Row<AccountDay>> = frozen
            .accounts
            .rows
            .iter()
            .map(|line| row(line.address.clone(), &line.last, &line.days, clock, AccountDay::of_letter))
            .collect();
        accounts
            .extend(frozen.devices.rows.iter().map(|line| row(line.name.clone(), &line.last, &line.days, clock, AccountDay::of_letter)));
        let mut workloads: Vec<Row<OrganizationDay>> = frozen
            .accounts
            .workloads
            .iter()
            .map(|line| row(line.workload.name().to_owned(), &line.last, &line.days, clock, OrganizationDay::of_letter))
            .collect();
        workloads.extend(
            frozen
                .devices
                .classes
                .iter()
                .map(|line| row(class_name(line.class).to_owned(), &line.last, &line.days, clock, OrganizationDay::of_letter)),
        );
        Summary {
            organization: frozen.organization.clone(),
            brand: if frozen.brand.name.is_empty() { frozen.partner.clone() } else { frozen.brand.name.clone() },
            colour: frozen.brand.colour.clone(),
            footer: frozen.brand.footer.clone(),
            logo: false,
            month: frozen.month,
            zone: frozen.time_zone.clone(),
            made: clock(frozen.generated_at),
            activated: frozen.accounts.activated,
            deactivated: frozen.accounts.deactivated,
            of_devices: (frozen.devices.active, frozen.devices.inactive),
            workloads,
            accounts,
            devices: frozen.devices.rows.len(),
            portal: format!("{}/organizations/{}/reports", self.0.public_url, monthly.row.organization),
            attached: false,
            unsubscribe,
            test,
            proof: Some((monthly.row.hash.chars().take(12).collect(), format!("{}/verify/{}", self.0.public_url, monthly.row.hash))),
        }
    }
}

fn row<Day>(name: String, last: &Last, days: &str, clock: impl Fn(Time) -> String, of: impl Fn(char) -> Day) -> Row<Day> {
    Row {
        name,
        last: last.at.map(clock).unwrap_or_default(),
        objects: last.objects,
        bytes: last.bytes,
        days: days.chars().map(of).collect(),
    }
}

const fn class_name(class: DeviceClass) -> &'static str {
    match class {
        DeviceClass::Server => "Servers",
        DeviceClass::Workstation => "Workstations",
    }
}

/// Both documents, if they may be attached.
async fn pdfs(monthly: Monthly) -> Result<Option<Vec<File>>, NotMade> {
    let made = move || {
        let mut files = Vec::new();
        for level in [Level::Organization, Level::Account] {
            let pdf = monthly::pdf(&monthly, level, &|| false).ok()?;
            files.push(File { name: monthly::file_name(&monthly, level, "pdf"), pdf });
        }
        (files.iter().map(|file| file.pdf.len()).sum::<usize>() <= ATTACHED).then_some(files)
    };
    tokio::task::spawn_blocking(made).await.map_err(|e| NotMade::Later(e.to_string()))
}
