//! From a clock's date to Unix time.

/// The clock's registers as read from CMOS (MC146818): seconds, minutes, hours, day, month, year, and register B.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Registers 0x00, 0x02, 0x04, 0x07, 0x08 and 0x09.
    pub fields: [u8; 6],
    /// Register 0x0b: bit 1 set for 24 hours, bit 2 set for binary numbers rather than BCD.
    pub format: u8,
}

impl Clock {
    /// Seconds since 1970-01-01 00:00 UTC, taking the clock to run in UTC and the two-digit year as 1970 to 2069;
    /// `None` when the registers hold no date.
    pub fn unix_time(&self) -> Option<i64> {
        let afternoon = self.fields[2] & 0x80 != 0;
        let [second, minute, hour, day, month, year] = {
            let mut fields = self.fields;
            fields[2] &= 0x7f;
            fields.map(|field| i64::from(if self.format & 4 == 0 { (field >> 4) * 10 + (field & 15) } else { field }))
        };
        let hour = if self.format & 2 == 0 { hour % 12 + if afternoon { 12 } else { 0 } } else { hour };
        let year = if year < 70 { 2000 + year } else { 1900 + year };
        unix_time([year, month, day, hour, minute, second])
    }
}

/// Seconds since 1970-01-01 00:00 UTC of a date in UTC: year, month, day, hour, minute, second. `None` where it is no date
/// from 1970 on.
pub fn unix_time([year, month, day, hour, minute, second]: [i64; 6]) -> Option<i64> {
    let sound = year >= 1970
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    sound.then(|| ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, `year` ≥ 1970.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    const BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap_days = |years: i64| years / 4 - years / 100 + years / 400;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969)
        + BEFORE_MONTH[(month - 1) as usize]
        + i64::from(leap && month > 2)
        + day
        - 1
}
