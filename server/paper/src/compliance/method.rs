//! How the figures are meant, for a reader who doesn't know the product: D5 in plain words.

use super::Compliance;
use crate::document::Block;

const DEFINITIONS: &[(&str, &str)] = &[
    (
        "Usable backup",
        "A backup run that ended with success, or with warnings (some files skipped, but the rest can be restored). A failed, cancelled, skipped or missed run is not usable.",
    ),
    (
        "Rule",
        "A device of a class must have a usable backup within so many hours. The narrowest rule holds: a client's own before its provider's, a provider's before that of the one above. Where nobody has made a rule, it is 24 hours for workstations and 12 hours for servers.",
    ),
    (
        "In breach",
        "A device is in breach from the moment at which its last usable backup is older than its rule allows, until its next usable backup ends. Before its first backup the time counts from its enrolment.",
    ),
    (
        "Change of a rule",
        "A new rule holds from the moment it was made. Each moment of the period is judged by the rule that held at that moment; a past month is not judged by a later rule.",
    ),
    ("Covered time", "The time of the period since a device was enrolled and up to when the report was made, without what is left out."),
    (
        "Time in compliance",
        "Covered time that is not in breach, divided by covered time. Rounded down to a hundredth of a percent: 100 % means that nothing was in breach.",
    ),
    (
        "Left out",
        "Maintenance windows, and the time in which a device was paused or retired or its client deactivated. It is neither covered nor in breach, it does not extend the hours that a rule allows, and each piece of it is listed with its cause.",
    ),
    (
        "Longest gap (RPO achieved)",
        "The longest time between the ends of two usable backups of a device that touches the period, by the clock: at the worst moment of the period, so much work would have been lost. A gap that lies wholly in time left out is not counted.",
    ),
    (
        "Restore test",
        "A restore that was really made, by a person or by the backup tool, with its result. RTO achieved is how long the restore took; RPO achieved is how old the restored data was.",
    ),
    (
        "At the end",
        "At the end of the period, or when the report was made if the period had not ended. A device that is left out then neither meets its rule nor breaks it.",
    ),
];

pub(super) fn method(report: &Compliance, blocks: &mut Vec<Block>) {
    blocks.push(Block::PageBreak);
    blocks.push(Block::Heading(1, "Method and definitions".to_owned()));
    blocks.push(Block::Paragraph(
        "Every backup run is reported to Holdfast by the tool that made it, with its beginning, its end and its result. A report that arrives late or \
         corrects an earlier one corrects the figures of the time that it speaks of. This document is computed from the ends of all usable backups, the \
         rules with their history, and the times that are left out, by one method for every device; nobody can edit a figure."
            .to_owned(),
    ));
    blocks.push(Block::Definitions(DEFINITIONS.iter().map(|(word, text)| ((*word).to_owned(), (*text).to_owned())).collect()));
    blocks.push(Block::Heading(2, "How this document can be checked".to_owned()));
    blocks.push(Block::Paragraph(format!(
        "What it was made of is kept with it, unchanged. The SHA-256 hash of these inputs is {}; it stands at the foot of each page. Made again from the \
         same inputs, the document has the same hash and the same figures. Times are given in {}.",
        report.inputs_hash, report.zone
    )));
    if !report.verify_at.is_empty() {
        blocks.push(Block::Link { text: report.verify_at.clone(), to: report.verify_at.clone() });
    }
}
