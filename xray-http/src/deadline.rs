//! The time that a gRPC call has.

use std::time::Duration;

use xray_core::{Clock, Entity, Exception};

/// The moment at which the time of a gRPC call is up, as its header `grpc-timeout` says.
///
/// The caller gives the call up then, and a server of tonic the request: what is going on is dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Duration);

impl Deadline {
    /// The deadline of a call that begins now; `None` if the header is none that gRPC knows.
    pub(crate) fn of(header: &str) -> Option<Self> {
        let timeout = timeout(header)?;
        // The caller's clock has run since before the header was sent.
        let ahead = (timeout / 10).min(LONGEST_WAY);
        now().checked_add(timeout - ahead).map(Self)
    }

    pub(crate) fn has_passed(self) -> bool {
        self.0 <= now()
    }

    /// Records that nobody has waited any longer, as the far side of the call would with its status.
    pub(crate) fn record_in(entity: &Entity) {
        entity.record_exception(Exception::new("DEADLINE_EXCEEDED", "the time that the caller gave the call was up"));
        entity.set_fault();
    }
}

pub(crate) const HEADER: &str = "grpc-timeout";

/// How far the caller's clock is ahead at most, for a call to be taken for one that ran into its deadline.
const LONGEST_WAY: Duration = Duration::from_millis(10);

fn now() -> Duration {
    Clock::system().monotonic()
}

/// At most eight digits and a unit, see <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests>.
fn timeout(header: &str) -> Option<Duration> {
    let digits = header.trim_end_matches(|unit: char| !unit.is_ascii_digit());
    let is_number = (1..=8).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number)?;
    Some(match &header[digits.len()..] {
        "H" => Duration::from_secs(number * 60 * 60),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_have_digits_and_a_unit() {
        for (header, seconds) in [
            ("2H", Some(7_200.0)),
            ("2M", Some(120.0)),
            ("2S", Some(2.0)),
            ("20m", Some(0.02)),
            ("20u", Some(0.000_02)),
            ("20n", Some(0.000_000_02)),
            ("0S", Some(0.0)),
            ("99999999H", Some(99_999_999.0 * 3_600.0)),
            ("123456789n", None),
            ("5", None),
            ("S", None),
            ("5s", None),
            ("5 S", None),
            ("-5S", None),
            ("5SS", None),
            ("é5S", None),
            ("5é", None),
            ("", None),
        ] {
            assert_eq!(timeout(header).map(|timeout| timeout.as_secs_f64()), seconds, "{header}");
        }
    }

    #[test]
    fn a_deadline_is_up_when_its_time_is() {
        assert!(Deadline::of("0S").unwrap().has_passed());
        assert!(!Deadline::of("99999999H").unwrap().has_passed());
        assert!(!Deadline::of("1H").unwrap().has_passed());
    }
}
