//! What is told arrives: in order, without loss, without doubles; with the portal down, broken or slow, and after kill -9.

use crate::double::{Mode, NOBODY, Portal, agent, run, until, waiting};
use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, process::Command, thread, time::Duration};

#[test]
fn a_run_is_told_with_key_job_run_and_log() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Well);
    run(home.path(), &portal.url, &["run", "--job", "nightly", "--", "sh", "-c", "echo one; echo PASSWORD=x >&2; exit 4"]);
    let events = portal.events();
    assert_eq!(portal.states(), [("running".to_owned(), 1), ("failed".to_owned(), 1)]);
    assert!(events.iter().all(|e| e["job"] == "nightly" && e["run"] == events[0]["run"]));
    assert!(events[0]["run"].as_str().unwrap().starts_with(&events[0]["at"].as_str().unwrap()[..19]));
    assert_eq!(events[1]["log"], "one\nPASSWORD=***\n");
    assert_eq!(events[1]["message"], "the command ended with exit code 4: PASSWORD=***");
    assert!(portal.requests().iter().all(|r| r.authorization == "Bearer hf_test"));
    assert!(waiting(home.path()).is_empty());
}

#[test]
fn a_failure_is_retried_and_told() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Well);
    let count = home.path().join("count");
    let script = format!("echo x >> {0}; test $(wc -l < {0}) -ge 3", count.display());
    let out = run(home.path(), &portal.url, &["run", "--job", "j", "--retries", "5", "--retry-wait", "0s", "--", "sh", "-c", &script]);
    assert_eq!(out.status.code(), Some(0));
    let told: Vec<String> = portal.states().iter().map(|(s, n)| format!("{s} {n}")).collect();
    assert_eq!(told, ["running 1", "retrying 1", "running 2", "retrying 2", "running 3", "succeeded 3"]);
    let out = run(home.path(), &portal.url, &["run", "--job", "j", "--retries", "1", "--retry-wait", "0s", "--", "false"]);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(portal.states().last().unwrap(), &("failed".to_owned(), 2));
}

#[test]
fn what_waits_is_delivered_later_in_order_by_whoever_comes_next() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Status(503, "{}"));
    for url in [NOBODY, portal.url.as_str()] {
        for job in ["a", "b"] {
            run(home.path(), url, &["run", "--job", job, "--", "true"]);
        }
    }
    assert_eq!(waiting(home.path()).len(), 8);
    assert_eq!(fs::metadata(home.path().join("spool/queue").join(&waiting(home.path())[0])).unwrap().permissions().mode() & 0o777, 0o600);
    portal.set(Mode::Well);
    assert_eq!(run(home.path(), &portal.url, &["flush"]).status.code(), Some(0));
    assert!(waiting(home.path()).is_empty());
    let told: Vec<String> = portal.events().iter().map(|e| format!("{} {}", e["job"], e["state"]).replace('"', "")).collect();
    assert_eq!(told, ["a running", "a succeeded", "b running", "b succeeded", "a running", "a succeeded", "b running", "b succeeded"]);
    let times: Vec<String> = portal.events().iter().map(|e| e["at"].to_string()).collect();
    assert!(times.is_sorted());
}

#[test]
fn an_answer_that_is_not_the_portals_is_not_believed() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Well);
    for mode in [
        Mode::Status(200, "<html>sign in</html>"),
        Mode::Status(200, ""),
        Mode::Status(302, ""),
        Mode::Status(204, ""),
        Mode::Status(401, "{}"),
        Mode::Status(404, "{}"),
        Mode::Status(429, "{}"),
        Mode::HangUp,
    ] {
        portal.set(mode.clone());
        let before = waiting(home.path()).len();
        run(home.path(), &portal.url, &["run", "--job", "j", "--", "true"]);
        assert_eq!(waiting(home.path()).len(), before + 2, "{mode:?}");
    }
    let out = run(home.path(), &portal.url, &["flush"]);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&out.stderr).lines().count(), 1, "one line");
}

#[test]
fn what_the_portal_rejects_is_put_aside_and_the_rest_arrives() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Rejects("wrong"));
    for job in ["fine", "wrong", "good"] {
        run(home.path(), NOBODY, &["run", "--job", job, "--", "true"]);
    }
    fs::write(home.path().join("spool/queue/00000000000000000001-e"), "half a mess").unwrap();
    let out = run(home.path(), &portal.url, &["flush"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(waiting(home.path()).is_empty());
    let aside: Vec<String> =
        fs::read_dir(home.path().join("spool/rejected")).unwrap().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(aside.iter().filter(|n| n.ends_with(".reason")).count(), 3);
    // A body that is refused as a whole is sent piece by piece; one bad piece does not hold up the others for ever.
    portal.set(Mode::Status(400, "{\"error\":{\"message\":\"no\"}}"));
    run(home.path(), &portal.url, &["run", "--job", "j", "--", "true"]);
    assert!(waiting(home.path()).is_empty());
}

#[test]
fn a_killed_agent_leaves_a_run_that_the_next_one_ends() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Well);
    let mut child = agent(home.path(), &portal.url, &["run", "--job", "j", "--", "sleep", "2"]).spawn().unwrap();
    // Killed between the portal's answer and taking the message from the spool, it would be sent twice: that is another test's matter.
    until("it runs", || portal.states().len() == 1 && waiting(home.path()).is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    run(home.path(), &portal.url, &["run", "--job", "j", "--", "true"]);
    let events = portal.events();
    let told: Vec<&str> = events.iter().map(|e| e["state"].as_str().unwrap()).collect();
    assert_eq!(told, ["running", "failed", "running", "succeeded"]);
    assert_eq!(events[0]["run"], events[1]["run"]);
    assert_eq!(events[1]["message"], "the agent was stopped before the backup ended");
    assert!(events[1]["at"].as_str() <= events[2]["at"].as_str());
    run(home.path(), &portal.url, &["check-in"]);
    assert_eq!(portal.events().len(), 4, "told once");
}

#[test]
fn killed_at_random_moments_nothing_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Well);
    for round in 0..25u64 {
        portal.set(match round % 4 {
            0 => Mode::Well,
            1 => Mode::HangUp,
            2 => Mode::Status(500, ""),
            _ => Mode::Slow(Duration::from_millis(40)),
        });
        let job = format!("j{round}");
        let mut child = agent(home.path(), &portal.url, &["run", "--job", &job, "--", "sleep", "0.03"])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(round * 37 % 140));
        let _ = child.kill();
        child.wait().unwrap();
    }
    portal.set(Mode::Well);
    let out = run(home.path(), &portal.url, &["flush"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(waiting(home.path()).is_empty());
    // Half-written markers are left for a minute: they might be a living agent's.
    let markers: Vec<_> = fs::read_dir(home.path().join("spool/runs"))
        .unwrap()
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_none_or(|e| e != "new"))
        .collect();
    assert_eq!(markers, Vec::<std::path::PathBuf>::new());
    // Every run that began has an end, and its beginning arrived first. Second copies are equal.
    let mut runs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut copies: BTreeMap<(String, String), String> = BTreeMap::new();
    for event in portal.events() {
        let (run, state) = (event["run"].to_string(), event["state"].to_string());
        runs.entry(run.clone()).or_default().push(state.clone());
        let copy = copies.entry((run, state)).or_insert_with(|| event.to_string());
        assert_eq!(copy, &event.to_string());
    }
    assert!(runs.len() > 5, "{}", runs.len());
    for (run, states) in runs {
        let mut ends: Vec<&String> = states.iter().filter(|s| *s != "\"running\"").collect();
        ends.dedup();
        assert_eq!(ends.len(), 1, "{run}: {states:?}");
    }
}

#[test]
fn several_agents_share_a_spool_without_doubles() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Slow(Duration::from_millis(30)));
    for _ in 0..5 {
        run(home.path(), NOBODY, &["run", "--job", "old", "--", "true"]);
    }
    let children: Vec<_> =
        (0..6).map(|n| agent(home.path(), &portal.url, &["run", "--job", &format!("j{n}"), "--", "true"]).spawn().unwrap()).collect();
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    assert!(waiting(home.path()).is_empty());
    assert_eq!(portal.events().len(), 22);
}

#[test]
fn a_check_in_tells_version_name_and_space() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Well);
    run(home.path(), NOBODY, &["run", "--job", "j", "--", "true"]);
    assert_eq!(run(home.path(), &portal.url, &["check-in", "--storage-used", "5", "--quota", "10"]).status.code(), Some(0));
    assert_eq!(run(home.path(), &portal.url, &["check-in", "--storage-path", "/"]).status.code(), Some(0));
    assert_eq!(run(home.path(), NOBODY, &["check-in"]).status.code(), Some(1));
    let bodies: Vec<serde_json::Value> =
        portal.requests().iter().filter(|r| r.path == "/api/v1/check-ins").map(|r| serde_json::from_str(&r.body).unwrap()).collect();
    assert_eq!(
        (&bodies[0]["storage_used_bytes"], &bodies[0]["storage_quota_bytes"], &bodies[0]["agent_version"]),
        (&5.into(), &10.into(), &env!("CARGO_PKG_VERSION").into())
    );
    assert!(bodies[1]["storage_used_bytes"].as_u64().unwrap() < bodies[1]["storage_quota_bytes"].as_u64().unwrap());
    assert_eq!(portal.states().len(), 2, "what waited went with it");
}

#[test]
fn a_restore_test_is_told_with_its_time_and_expectations() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Well);
    let file = home.path().join("restored");
    let path = file.to_str().unwrap();
    let verify = |script: &str| {
        run(home.path(), &portal.url, &["verify", "--scope", "mail", "--expect-file", path, "--", "sh", "-c", script]).status.code()
    };
    assert_eq!(verify("true"), Some(1), "the file is not there");
    assert_eq!(verify(&format!("sleep 1.1; echo x > {path}")), Some(0));
    assert_eq!(verify("exit 3"), Some(3));
    let bodies: Vec<serde_json::Value> =
        portal.requests().iter().filter(|r| r.path == "/api/v1/restore-tests").map(|r| serde_json::from_str(&r.body).unwrap()).collect();
    let results: Vec<&str> = bodies.iter().map(|b| b["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["failed", "passed", "failed"]);
    assert_eq!((&bodies[1]["scope"], &bodies[1]["rto_seconds"]), (&"mail".into(), &2.into()));
}

#[test]
fn enrolling_proves_the_key_before_it_writes_settings() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Status(401, "{\"error\":{\"message\":\"unknown key\"}}"));
    let enroll = |key: &str| {
        Command::new(env!("CARGO_BIN_EXE_holdfast-agent"))
            .args(["enroll", &format!("{}/", portal.url), key])
            .env("HOLDFAST_AGENT_CONFIG", home.path().join("deep/agent.json"))
            .output()
            .unwrap()
    };
    let refused = enroll("hf_wrong");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("unknown key"));
    assert!(!home.path().join("deep/agent.json").exists());
    portal.set(Mode::Well);
    assert_eq!(enroll("sk_other").status.code(), Some(1));
    assert_eq!(enroll("hf_right").status.code(), Some(0));
    let file = home.path().join("deep/agent.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(&format!("\"{}\"", portal.url)) && text.contains("hf_right"));
    let status = Command::new(env!("CARGO_BIN_EXE_holdfast-agent"))
        .arg("status")
        .env("HOLDFAST_AGENT_CONFIG", &file)
        .env("HOLDFAST_SPOOL", home.path().join("spool"))
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.status.success() && words.contains("reachable       yes") && !words.contains("hf_right"), "{words}");
}

#[test]
fn progress_is_told_at_once_and_then_at_most_every_five_seconds() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::start(Mode::Well);
    let script = r#"for i in 1 2 3 4 5 6; do printf '{"message_type":"status","percent_done":0.%s,"files_done":%s,"bytes_done":7}\n' $i $i; sleep 0.3; done
        echo '{"message_type":"summary","total_files_processed":6,"total_bytes_processed":42,"data_added":1,"total_duration":1.8,"snapshot_id":"ea5b3d0c"}'"#;
    let out = run(home.path(), &portal.url, &["run", "--job", "j", "--tool", "restic", "--", "sh", "-c", script]);
    assert_eq!(String::from_utf8_lossy(&out.stdout).lines().count(), 7);
    let told: Vec<String> =
        portal.events().iter().map(|e| format!("{} {} {} {}", e["state"], e["percent"], e["items"], e["bytes"]).replace('"', "")).collect();
    assert_eq!(told, ["running null null null", "running 10 1 7", "succeeded null 6 42"]);
}
