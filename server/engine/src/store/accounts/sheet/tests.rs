//! A list of accounts as people have it, and as they should not.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

fn m365(text: &str) -> Sheet {
    read(Service::Microsoft365, text.as_bytes()).unwrap()
}

fn refused(bytes: &[u8]) -> &'static str {
    read(Service::Microsoft365, bytes).unwrap_err().public_code()
}

#[test]
fn headers_are_met_in_any_order_and_in_the_words_of_admin_portals() {
    let expected = NewAccount { address: "ada@example.org".into(), name: "Ada Lovelace".into(), activated: true, ..Default::default() };
    for text in [
        "address,name,type,status\nada@example.org,Ada Lovelace,user,activated\n",
        "Status;Display name;User principal name\nyes;Ada Lovelace;ada@example.org\n",
        "\u{feff}E-mail Address\tFull Name\tActivated\r\nada@example.org\tAda Lovelace\t1\r\n",
        "sep=;\nMail;First name;Last name;Backup\nada@example.org;Ada;Lovelace;on\n",
        "First Name [Required],Last Name [Required],Email Address [Required],Status [READ ONLY],Backup\nAda,Lovelace,ada@example.org,Active,x\n",
        "ada@example.org,Ada Lovelace,User,Activated",
    ] {
        let sheet = m365(text);
        assert_eq!((sheet.rows, sheet.problems), (vec![expected.clone()], vec![]), "{text}");
    }
}

#[test]
fn the_mail_address_goes_before_the_user_name_and_what_a_portal_says_of_itself_is_left_out() {
    let sheet = m365("User principal name,Mail,Block credential\nx1@tenant.example,ada@example.org,False\nx2@tenant.example,,True\n");
    assert_eq!(sheet.rows.iter().map(|r| r.address.as_str()).collect::<Vec<_>>(), ["ada@example.org", "x2@tenant.example"]);
    assert_eq!(sheet.ignored, ["Block credential"]);
    assert!(sheet.rows.iter().all(|r| !r.activated), "nobody takes a seat unasked");
}

#[test]
fn a_bad_row_says_its_line_its_column_and_what_to_do_and_the_others_are_taken() {
    let sheet = m365(
        "Email,Name,Type,Status\n\
         ada@example.org,Ada,user,\n\
         \n\
         not an address,Bob,user,\n\
         carol@example.org,Carol,robot,\n\
         dave@example.org,Dave,user,maybe\n\
         ADA@example.org,Ada again,user,\n\
         eve@example.org,\"Eve, the second\",user,\n\
         fay@example.org,Fay,user,,too,many\n\
         ,Nobody,,\n",
    );
    assert_eq!(sheet.rows.iter().map(|r| r.address.as_str()).collect::<Vec<_>>(), ["ada@example.org", "eve@example.org"]);
    let told: Vec<(u64, &str, &str)> = sheet.problems.iter().map(|p| (p.line, p.column.as_str(), p.message.as_str())).collect();
    assert_eq!(
        told,
        [
            (4, "Email", "`not an address` holds blanks; an address has none."),
            (5, "Type", "There is no such type. Use user, shared mailbox, group, site or team, or leave it empty."),
            (6, "Status", "There is no such status. Use activated or deactivated, or leave it empty."),
            (7, "Email", "Line 2 already has this address. Keep one of them."),
            (9, "", "This row has 6 cells, the others 4. Put quotes around a cell that holds the separator."),
            (10, "Email", "Give the account's address."),
        ]
    );
    assert_eq!(sheet.problems[1].value, "robot");
}

#[test]
fn lines_are_counted_through_quoted_breaks() {
    let sheet = m365("email,name\nada@example.org,\"Ada\nLovelace\"\nnobody,Bob\n");
    assert_eq!(sheet.problems.iter().map(|p| p.line).collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn a_site_is_an_address_too_but_google_has_none() {
    let text = "url,type\nhttps://contoso.sharepoint.com/sites/hr,site\n";
    assert_eq!(m365(text).rows[0].kind, AccountType::Site);
    let google = read(Service::GoogleWorkspace, text.as_bytes()).unwrap();
    assert_eq!(google.problems[0].message, "Google Workspace has no sites to back up. Use another type.");
}

#[test]
fn what_is_no_list_of_accounts_is_refused_as_a_whole() {
    assert_eq!(refused(b""), "empty_file");
    assert_eq!(refused(b"email,name\n\n"), "empty_file");
    assert_eq!(refused(b"colour,size\nred,1\n"), "no_address_column");
    assert_eq!(refused(b"PK\x03\x04 and so on"), "spreadsheet");
    assert_eq!(refused(b"a\0b"), "not_text");
    assert_eq!(refused(&vec![b'a'; MOST_BYTES + 1]), "file_too_large");
    let many = format!("email\n{}", "a@b\n".repeat(MOST_ROWS + 1));
    assert_eq!(refused(many.as_bytes()), "too_many_rows");
    let latin = read(Service::Microsoft365, b"email,name\nada@example.org,Ad\xe9le\n").unwrap_err();
    assert_eq!(latin.public_message(), "Line 2 is not UTF-8 text. Save the file as “CSV UTF-8” and choose it again.");
}

#[test]
fn what_excel_calls_unicode_text_is_read() {
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend("Email\tName\r\nada@example.org\tAdéle\r\n".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(read(Service::Microsoft365, &bytes).unwrap().rows[0].name, "Adéle");
}
