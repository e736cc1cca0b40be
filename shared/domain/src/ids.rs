//! The identifiers that travel through the project, one newtype each.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            /// The text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// The longest user pool's id that is taken (bytes). Cognito's have 55 at most.
pub const LONGEST_POOL_ID: usize = 200;

/// The longest `sub` or app client's id that is taken (bytes). Cognito's have 128 at most. With the longest pool's id and a
/// project's, it just fits into a table's key of 2,048 bytes, whatever has to be escaped.
pub const LONGEST_ID: usize = 1_400;

text_id! {
    /// A Pinpoint application id: 32 lower-case hexadecimal characters. Its form is checked where a
    /// configuration is read.
    ProjectId
}

text_id! {
    /// A Cognito user pool's id, such as `eu-west-1_AAAA11111`.
    UserPoolId
}

text_id! {
    /// The id of one of a user pool's app clients.
    ClientId
}

text_id! {
    /// The name of a destination, as app clients' configurations refer to it.
    DestinationName
}

impl DestinationName {
    /// What Pinpoint is called, which needs no definition: a client's own settings say how to reach it.
    pub const PINPOINT: &str = "pinpoint";

    /// Pinpoint's own API, or one compatible with it.
    pub fn pinpoint() -> Self {
        Self::new(Self::PINPOINT)
    }
}

text_id! {
    /// A Cognito user's `sub`: the one identifier of a user that never changes.
    Sub
}

text_id! {
    /// A Pinpoint endpoint's id. Pinpoint takes these without regard to case.
    EndpointId
}

/// The id of an auth event. Made from the time of capture (UUID version 7), so ids sort by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventId(Uuid);

/// Names the events that follow from other events, so that following twice gives the same id.
const EXPIRY_NAMESPACE: Uuid = Uuid::from_u128(0x6d4f_6a0e_3b1c_4c58_9d57_0d2f_5a3e_91c4);

const REFUSAL_NAMESPACE: Uuid = Uuid::from_u128(0xa1b0_32b6_55f2_4d4f_8c2d_9f0e_7a66_1d3b);

impl EventId {
    /// The id of an event captured at `time`; `random` sets apart the events of one millisecond.
    pub fn new(time: DateTime<Utc>, random: [u8; 10]) -> Self {
        let milliseconds = u64::try_from(time.timestamp_millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
    }

    /// The id of the event that says that the attempt opened by this event has expired.
    pub fn of_expiry(self) -> Self {
        Self(Uuid::new_v5(&EXPIRY_NAMESPACE, self.0.as_bytes()))
    }

    /// The id of the event that says that the destination refused what the endpoint had become at `time`.
    pub fn of_refusal(
        time: DateTime<Utc>,
        endpoint: &EndpointId,
        destination: &DestinationName,
    ) -> Self {
        let refused = format!("{endpoint}\u{0}{destination}");
        let hash = Uuid::new_v5(&REFUSAL_NAMESPACE, refused.as_bytes());
        let [a, b, c, d, e, f, g, h, i, j, ..] = hash.into_bytes();
        Self::new(time, [a, b, c, d, e, f, g, h, i, j])
    }

    /// Its last byte: of a captured event, random.
    pub(crate) fn last_byte(self) -> u8 {
        let [.., last] = *self.0.as_bytes();
        last
    }

    /// Reads what [`fmt::Display`] writes.
    ///
    /// # Errors
    ///
    /// If the text is not a UUID.
    pub fn parse(text: &str) -> Result<Self, uuid::Error> {
        Uuid::parse_str(text).map(Self)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl UserPoolId {
    /// The Region that the pool's id begins with, such as `eu-west-1`.
    pub fn region(&self) -> &str {
        self.as_str()
            .split_once('_')
            .map_or("", |(region, _)| region)
    }
}
