//! Turning the SDK off and on while the program runs.

use std::sync::atomic::Ordering;

use crate::missing;
use crate::notice::Notice;
use crate::patch::patch_waiting;
use crate::recorder::Recorder;

impl Recorder {
    /// Turns the SDK off, or on again, for the segments that begin with this recorder from now on.
    ///
    /// The variable `AWS_XRAY_SDK_ENABLED` wins: where it is set, this changes nothing, and says so in the log.
    ///
    /// - Segments that are open are recorded to their end and sent, with what is begun below them.
    /// - While it is off, what begins is as with [`enabled(false)`](crate::RecorderBuilder::enabled): nothing is recorded, no segment
    ///   is missing, headers are left as they are.
    /// - Libraries stay patched. Those that were to be patched while it was off are patched when it is turned on.
    /// - Plugins look when the recorder is made: if it was made switched off, they have not looked.
    ///
    /// ```
    /// # let recorder = xray_core::Recorder::builder().environment(xray_core::Environment::empty()).build()?;
    /// recorder.set_enabled(false);
    /// assert_eq!(recorder.begin_segment("checkout").trace_id(), None);
    /// recorder.set_enabled(true);
    /// assert!(recorder.begin_segment("checkout").trace_id().is_some());
    /// # Ok::<(), xray_core::ConfigError>(())
    /// ```
    pub fn set_enabled(&self, enabled: bool) {
        if self.0.switch.is_fixed {
            if enabled != self.is_enabled() {
                Notice::SwitchFixed { enabled: &enabled }.log();
            }
            return;
        }
        self.0.switch.enabled.store(enabled, Ordering::Relaxed);
        self.0.missing.set(self.missing());
        if self.is_process_wide() {
            missing::set(self.missing());
        }
        if enabled {
            patch_waiting();
        }
    }
}
