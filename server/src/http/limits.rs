//! How often: per key, and per address for what needs no key (sign-in, unknown keys, unknown ping addresses).
//!
//! The limits are settings. Addresses are kept in memory only, and never logged.

use super::error::ApiError;
use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock, clock::DefaultClock};
use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
};

/// The numbers. See `config` for the settings.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Requests a second and key.
    pub key_per_second: NonZeroU32,
    /// Requests a key may send at once.
    pub key_burst: NonZeroU32,
    /// Sign-ins a minute and address; also requests with an unknown key.
    pub sign_in_per_minute: NonZeroU32,
}

/// Who has sent how much.
pub struct Limits {
    keys: DefaultKeyedRateLimiter<u64>,
    strangers: DefaultKeyedRateLimiter<IpAddr>,
    sign_ins: DefaultKeyedRateLimiter<IpAddr>,
    hasher: RandomState,
    clock: DefaultClock,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Limits")
    }
}

impl Limits {
    /// Limits that nobody has used yet.
    pub fn new(rates: Rates) -> Self {
        let minute = Quota::per_minute(rates.sign_in_per_minute);
        Self {
            keys: DefaultKeyedRateLimiter::keyed(Quota::per_second(rates.key_per_second).allow_burst(rates.key_burst)),
            strangers: DefaultKeyedRateLimiter::keyed(minute),
            sign_ins: DefaultKeyedRateLimiter::keyed(minute),
            hasher: RandomState::new(),
            clock: DefaultClock::default(),
        }
    }

    /// One more request with this key (or ping address).
    ///
    /// # Errors
    /// 429 with the waiting time.
    pub fn key(&self, token: &str) -> Result<(), ApiError> {
        self.keys.check_key(&self.hasher.hash_one(token)).map_err(|until| ApiError::rate_limited(until.wait_time_from(self.clock.now())))
    }

    /// One more request with an unknown key.
    ///
    /// # Errors
    /// 429 with the waiting time.
    pub fn stranger(&self, address: IpAddr) -> Result<(), ApiError> {
        self.strangers.check_key(&network(address)).map_err(|until| ApiError::rate_limited(until.wait_time_from(self.clock.now())))
    }

    /// One more attempt to sign in.
    ///
    /// # Errors
    /// 429 with the waiting time.
    pub fn sign_in(&self, address: IpAddr) -> Result<(), ApiError> {
        self.sign_ins.check_key(&network(address)).map_err(|until| ApiError::rate_limited(until.wait_time_from(self.clock.now())))
    }

    /// Forgets who has been quiet.
    pub fn tidy(&self) {
        self.keys.retain_recent();
        self.strangers.retain_recent();
        self.sign_ins.retain_recent();
    }
}

/// IPv6 customers own a /64: it counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        },
    }
}
