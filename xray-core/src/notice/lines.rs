//! The lines, in the order of the modules that write them.

use std::fmt::{self, Debug, Display};

use tracing::Level;

use super::TARGET;
use super::limit::Limit;
use crate::name::truncated;
use crate::shown::displayed;

/// Makes [`Notice`] and [`NoticeKind`] of a table: for each line its fields, its level, its limit and its words.
macro_rules! notices {
    ($($(#[doc = $doc:literal])+ $name:ident { $($field:ident: $how:ident),* } $level:ident $limit:ident $message:literal)+) => {
        /// A line with its fields. [`log`](Self::log) writes it.
        #[derive(Clone, Copy)]
        pub enum Notice<'a> {
            $($(#[doc = $doc])+ $name {
                $(#[doc = "A field of the line."] $field: field_type!($how)),*
            },)+
        }

        /// The lines that there are, without their fields.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum NoticeKind {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Notice<'_> {
            /// Which line it is.
            pub fn kind(&self) -> NoticeKind {
                match self {
                    $(Self::$name { .. } => NoticeKind::$name,)+
                }
            }

            pub(super) fn write(self) {
                match self {
                    $(Self::$name { $($field),* } => {
                        tracing::event!(target: TARGET, Level::$level, $($field = field_value!($how, $field),)* $message);
                    })+
                }
            }
        }

        impl NoticeKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The level of the line.
            pub fn level(self) -> Level {
                match self {
                    $(Self::$name => Level::$level,)+
                }
            }

            /// How often it is written at most.
            pub fn limit(self) -> Limit {
                match self {
                    $(Self::$name => Limit::$limit,)+
                }
            }

            /// The words of the line, which stand for it alone.
            pub fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)+
                }
            }
        }
    };
}

macro_rules! field_type {
    (display) => { &'a dyn Display };
    (debug) => { &'a dyn Debug };
    (text) => { &'a str };
    (number) => { u64 };
}

macro_rules! field_value {
    (display, $field:ident) => {
        // The program's, too, and perhaps without end.
        tracing::field::display(displayed($field))
    };
    (debug, $field:ident) => {
        tracing::field::display(displayed(&format_args!("{:?}", $field)))
    };
    (text, $field:ident) => {
        // Names and keys are the program's, of any length.
        truncated($field, LONGEST_TEXT)
    };
    (number, $field:ident) => {
        $field
    };
}

/// How much of a text is written, in characters.
const LONGEST_TEXT: usize = 250;

notices! {
    /// The program switches the SDK, and the environment has decided.
    SwitchFixed { enabled: display } WARN EachTime
        "the X-Ray SDK is not switched: AWS_XRAY_SDK_ENABLED is set, and wins over set_enabled()"

    /// Patching: a process-wide hook is not there.
    LibraryNotHooked { error: display } ERROR EachTime
        "a library is not traced: its hook for X-Ray cannot be installed"

    /// Set-up without a set-up: the default recorder goes on without the variable.
    VariableIgnored { error: display } ERROR EachTime
        "the variable is ignored by the X-Ray recorder: correct it, or call install(), which returns the error"

    /// A segment begins in Lambda where no invocation is known.
    OutsideOfInvocation { name: text } WARN Once
        "not recorded for X-Ray: it began outside of an invocation, while the Lambda function starts for instance, where Lambda has no trace"

    /// Set-up: a sampler of the program's has panicked.
    SamplerNotConfigured { sampler: debug } ERROR EachTime
        "the X-Ray sampler panicked in configure(): it does not know the recorder"

    /// Set-up in Lambda.
    LambdaNotTold { error: display, marker: display } DEBUG EachTime
        "Lambda is not told that an X-Ray SDK is there"

    /// A plugin of the program's has panicked.
    PluginPanicked { plugin: text } ERROR EachTime
        "the X-Ray plugin panicked: what it would have found is not on the segments"

    /// The system has no thread for a plugin.
    NoThreadForPlugin { error: display, plugin: text } ERROR EachTime
        "no thread for an X-Ray plugin: what it would have found is not on the segments"

    /// Plugins took too long.
    PluginsLate { plugins: debug, limit: debug } WARN EachTime
        "X-Ray plugins did not answer in time: what they find is not on the segments"

    /// App Runner's variable, or the program, names something else.
    NotAnArn { arn: text } WARN EachTime
        "not an ARN as arn:aws:apprunner:region:account:service/name/id: it is ignored"

    /// The address of a metadata service is not one.
    MetadataServiceNotAsked { url: text, error: display } WARN EachTime
        "the metadata service cannot be asked for X-Ray: what it would have said is not on the segments"

    /// Most often the program just does not run there.
    MetadataServiceSilent { url: text, error: display } DEBUG EachTime
        "the metadata service did not answer"

    /// A file or an answer that a plugin reads.
    NotAnObject { source: text, error: display } WARN EachTime
        "not a JSON object: what it says is not on the X-Ray segments"

    /// A value of a plugin that cannot be turned into JSON.
    PluginValueUnreadable { key: text, note: text } ERROR EachTime
        "a value of an X-Ray plugin cannot be recorded"

    /// Two plugins found values of one key.
    PluginValueTwice { key: text } WARN EachTime
        "a value of an X-Ray plugin is left out: its key is taken"

    /// All values of all plugins stand on every segment.
    PluginValueTooLarge { key: text, bytes: number, most: number } ERROR EachTime
        "a value of an X-Ray plugin is left out: all together may not have so many bytes"

    /// Guards are dropped in another order than they were made in.
    GuardOutlived {} WARN Once
        "an X-Ray guard of enter() or entered() outlived what was current when it was made: if it is held over an .await, use in_subsegment() or in_segment() there"

    /// A handle was asked for where there was none of its kind.
    HandleOfNothing { what: text, name: text } ERROR OnceAMinute
        "not recorded: it was put on an X-Ray handle that stands for nothing, while a segment is current; use current_entity()"

    /// No segment is current where one is needed.
    SegmentMissing { what: text, name: text } ERROR Once
        "there is no X-Ray segment: begin one, or carry the context over with in_current()"

    /// Values of an entity that has no room for them.
    ValueNotRecorded { what: text, reason: text } WARN OnceAMinute
        "a value was not recorded for X-Ray"

    /// Values for the segment of a Lambda function.
    ValueOfFunction { what: text } WARN OnceAMinute
        "not recorded for X-Ray: the segment of a Lambda function is Lambda's own; put it on a subsegment"

    /// A document that was too large although everything else had left it.
    ValuesTrimmed { values: number } WARN OnceAMinute
        "an X-Ray document was too large: its largest values were replaced by notes"

    /// Documents that nobody gets.
    DocumentsLost { error: display, dropped: number } WARN OnceAMinute
        "X-Ray documents are being lost; see Recorder::stats"

    /// A sampler of the program's has panicked.
    SamplerPanicked { sampler: debug } ERROR EachTime
        "the X-Ray sampler panicked: the trace is not sampled"

    /// The rules in use may no longer be those of the service.
    RulesTooOld {} WARN EachTime
        "the X-Ray sampling rules are older than an hour: the local rules decide"

    /// The daemon does not answer when it is asked for sampling rules.
    NoSampling { address: display, error: display, call: debug } WARN EachTime
        "no X-Ray sampling from the daemon: the rules that are known are obeyed for an hour, then the local ones; what was counted is reported later"

    /// The system has no thread for sampling.
    NoThreadForSampling { error: display } DEBUG EachTime
        "no thread to fetch the X-Ray sampling rules"

    /// A rule of the service that cannot be followed.
    RuleLeftOut { record: display } DEBUG EachTime
        "an X-Ray sampling rule is left out"

    /// The service did not take what was counted.
    StatisticsNotTaken { unprocessed: debug } DEBUG EachTime
        "the X-Ray service did not take the statistics of a sampling rule"

    /// No socket to the daemon's address.
    DaemonUnreachable { endpoint: display, error: display } DEBUG EachTime
        "no way to the X-Ray daemon"

    /// No socket to an address of the daemon's name.
    DaemonAddressUnreachable { name: display, address: display, error: display } DEBUG EachTime
        "no way to an address of the X-Ray daemon"

    /// The daemon's name has another address.
    DaemonMoved { name: display, address: display } DEBUG EachTime
        "sending to another address of the X-Ray daemon"

    /// The daemon's name has no address.
    DaemonNotResolved { name: display, error: display } DEBUG EachTime
        "the host name of the X-Ray daemon is not resolved"

    /// The system has no thread for the daemon's name.
    NoThreadForName { error: display } DEBUG EachTime
        "no thread to resolve the host name of the X-Ray daemon"

    /// An instrument is attached and its switch is off.
    LibraryNotPatched { library: display } WARN EachTime
        "an X-Ray instrument is attached, but its library is not patched: call patch_all()"
}

impl Debug for Notice<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_line_stand_for_it_alone() {
        for (place, kind) in NoticeKind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, place);
            let same = NoticeKind::ALL.iter().filter(|other| other.message().contains(kind.message())).count();
            assert_eq!(same, 1, "{kind:?}");
        }
    }
}
