//! What can be put as an annotation, as it arrives.

use std::borrow::Cow;
use std::num::{NonZeroI8, NonZeroU128, NonZeroUsize};
use std::rc::Rc;
use std::sync::Arc;

use serde_json::json;
use test_support::Fixture;
use xray_core::{AnnotationValue, begin_segment, put_annotation};

#[test]
fn whatever_holds_a_text_a_number_or_a_boolean_is_an_annotation() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let text = String::from("text");
    let mut owned = text.clone();
    let mut number = 17;
    macro_rules! put {
        ($($expected:tt: $($value:expr),* $(,)?;)*) => {$($({
            let segment = begin_segment("shop").entered();
            segment.put_annotation("owned", $value);
            let value = $value;
            segment.put_annotation("borrowed", &value);
            segment.put_annotation("twice", &&value);
            put_annotation("current", $value);
            put_annotation("optional", Some($value));
            drop(segment);
            let trace = traced.documents().traces().pop().unwrap();
            let annotations = trace.root().get("/annotations").clone();
            let expected = json!($expected);
            for key in ["owned", "borrowed", "twice", "current", "optional"] {
                assert_eq!(annotations.get(key), Some(&expected), "{key} of {}", stringify!($value));
            }
        })*)*};
    }
    put! {
        "text": "text", &"text", text.clone(), &text, &&text, &mut owned, text.as_str(), Some("text"), Some(&text),
            Cow::Borrowed("text"), Cow::<str>::Owned(text.clone()), &Cow::Borrowed("text"), Box::<str>::from("text"),
            Arc::<str>::from("text"), Rc::<str>::from("text"), &Arc::new(text.clone()), &Box::new("text"),
            AnnotationValue::from("text"), Some(Some("text"));
        "t": 't', &'t';
        17: 17, &17, &mut number, 17_i8, 17_i16, 17_i64, 17_i128, 17_isize, 17_u8, 17_u16, 17_u32, 17_u64, 17_u128, 17_usize,
            NonZeroI8::new(17).unwrap(), NonZeroUsize::new(17), NonZeroU128::new(17), Some(&17), &Some(17), &Arc::new(17);
        true: true, &true, Some(true);
        0.5: 0.5, 0.5_f32, &0.5, Some(0.5_f32);
        18446744073709551615_u64: u64::MAX, u128::from(u64::MAX);
        "18446744073709551616": u128::from(u64::MAX) + 1, i128::from(u64::MAX) + 1;
        "-9223372036854775809": i128::from(i64::MIN) - 1;
    }
}

#[test]
fn nothing_is_put_where_there_is_nothing() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    segment.put_annotation("customer", "c-17");
    segment.put_annotation("customer", None::<&str>);
    segment.put_annotation("coupon", None::<u8>);
    put_annotation("coupon", &None::<String>);
    drop(segment);
    assert_eq!(*traced.only_trace().root().get("/annotations"), json!({"customer": "c-17"}));
    assert_eq!(traced.recorder.stats().rejected_values, 0);
}
