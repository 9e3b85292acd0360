//! The words of enums: what JSON says is what `as_str` says, and is read back.
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::{
    alert::{AlertKind, Severity},
    health::Band,
    policy::{DeviceClass, DeviceLife},
    run::RunState,
};

#[test]
fn every_word_on_the_wire_is_the_word_in_json() {
    for kind in AlertKind::ALL {
        assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
        assert_eq!(kind.as_str().parse(), Ok(*kind));
    }
    for state in RunState::ALL {
        assert_eq!(serde_json::to_string(state).unwrap(), format!("\"{state}\""));
        assert_eq!(state.as_str().parse(), Ok(*state));
    }
    for band in Band::ALL {
        assert_eq!(serde_json::to_string(band).unwrap(), format!("\"{band}\""));
    }
    for (life, class) in DeviceLife::ALL.iter().zip(DeviceClass::ALL.iter().cycle()) {
        assert_eq!(serde_json::to_string(life).unwrap(), format!("\"{life}\""));
        assert_eq!(serde_json::to_string(class).unwrap(), format!("\"{class}\""));
    }
    assert_eq!(serde_json::to_string(&Severity::Critical).unwrap(), "\"critical\"");
}
