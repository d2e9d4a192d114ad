//! Every form of function compiles under `#[capture]` as it does without, with no warning that
//! the author could not mend.

#![deny(warnings, clippy::pedantic)]
#![allow(dead_code)] // most forms are only compiled
// What is said of these functions without the attribute too.
#![allow(clippy::items_after_statements, clippy::manual_async_fn, clippy::needless_pass_by_value)]
#![allow(clippy::trivially_copy_pass_by_ref, clippy::unnecessary_wraps, clippy::unused_async, clippy::unused_self)]

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::future::Future;
use std::num::ParseIntError;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use xray_macros::capture;

#[derive(Clone, Debug, Default)]
struct Shop {
    items: Vec<String>,
    count: u64,
}

impl Shop {
    #[capture(crate = xray_core)]
    fn shared(&self) -> u64 {
        self.count
    }

    #[capture(crate = xray_core)]
    fn exclusive(&mut self) {
        self.count += 1;
    }

    #[capture(crate = xray_core)]
    fn owned(mut self, count: u64) -> Self {
        self.count = count;
        self
    }

    #[capture("from an arc", crate = xray_core,)]
    pub(crate) fn arc(self: Arc<Self>) -> Option<String> {
        self.items.first().cloned()
    }

    #[capture(crate = xray_core)]
    fn pinned(self: Pin<&mut Self>) -> u64 {
        self.count
    }

    #[capture(crate = xray_core)]
    fn reborrowed(&mut self) -> &mut u64 {
        &mut self.count
    }

    /// A closure that is called on the spot could not return what it captured.
    #[capture(crate = xray_core)]
    fn reborrowed_or_not(&mut self, index: usize) -> Result<&mut String, String> {
        if index > 4 {
            return Err(format!("{index}"));
        }
        self.count += 1;
        self.items.get_mut(index).ok_or_else(|| "none".to_owned())
    }

    #[capture(crate = xray_core)]
    fn iterator(&self) -> impl Iterator<Item = &String> + '_ {
        self.items.iter()
    }

    #[capture(crate = xray_core)]
    async fn shared_later(&self) -> u64 {
        self.count
    }

    #[capture(crate = xray_core)]
    async fn reborrowed_later(&mut self, by: u64) -> Result<&mut u64, fmt::Error> {
        self.count += by;
        if by > 3 {
            return Err(fmt::Error);
        }
        Ok(&mut self.count)
    }

    #[capture(crate = xray_core)]
    async fn arc_later(self: Arc<Self>) -> Result<u64, Box<dyn Error + Send + Sync>> {
        let one: u64 = "1".parse()?;
        Ok(one + self.count)
    }
}

trait Store: Sync {
    type Error<'a>
    where
        Self: 'a;

    #[capture(crate = xray_core)]
    fn load(&self, key: &str) -> Result<u8, ParseIntError> {
        key.parse()
    }

    #[capture(crate = xray_core)]
    fn fail<'a>(&'a self, error: Self::Error<'a>) -> Result<u8, Self::Error<'a>> {
        Err(error)
    }

    #[capture(crate = xray_core)]
    fn later(&self) -> impl Future<Output = u8> + Send {
        async { 1 }
    }

    /// What `#[async_trait]` makes of an `async fn`.
    #[capture(crate = xray_core)]
    fn boxed<'a, 'b, 'c>(
        &'a self,
        key: &'b str,
    ) -> Pin<Box<dyn ::core::future::Future<Output = Result<u8, ParseIntError>> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(async move { self.load(key) })
    }
}

impl Store for Shop {
    type Error<'a> = String;

    #[capture(crate = xray_core)]
    fn fail<'a>(&'a self, error: Self::Error<'a>) -> Result<u8, Self::Error<'a>> {
        Err(error)
    }
}

/// Attributes and documentation stay.
#[capture(crate = xray_core)]
#[must_use]
#[inline]
fn documented() -> u8 {
    #![allow(unused_variables)]
    let inner_attribute = 1;
    2
}

#[capture(crate = xray_core)]
fn early(count: u8) {
    if count > 1 {
        return;
    }
    drop(Shop::default());
}

#[capture(crate = xray_core)]
unsafe fn dangerous(count: u8) -> Result<u8, fmt::Error> {
    Ok(count)
}

#[capture(crate = xray_core)]
async unsafe fn dangerous_later(count: u8) -> Result<u8, fmt::Error> {
    Ok(count)
}

#[capture(crate = xray_core)]
extern "C" fn exported(count: i32) -> i32 {
    count
}

#[capture(crate = xray_core)]
fn never() -> ! {
    panic!("never")
}

#[capture(crate = xray_core)]
async fn never_later() -> ! {
    std::future::pending::<()>().await;
    never()
}

#[capture(crate = xray_core)]
fn only_panics() -> Result<u8, fmt::Error> {
    unimplemented!()
}

#[capture(crate = xray_core)]
async fn only_panics_later() -> Result<u8, fmt::Error> {
    unimplemented!()
}

#[capture(crate = xray_core)]
fn patterns((one, mut two): (u8, u8), [three, ..]: [u8; 3], mut list: Vec<u8>, _: u8) -> Result<u8, fmt::Error> {
    two += 1;
    list.push(three);
    let length = u8::try_from(list.len()).map_err(|_| fmt::Error)?;
    Ok(one + two + length)
}

#[capture(crate = xray_core)]
async fn patterns_later((one, mut two): (u8, u8), mut list: Vec<u8>, _unused: u8) -> Vec<u8> {
    two += 1;
    list.push(one + two);
    list
}

/// Names that the expansion uses itself.
#[capture(crate = xray_core)]
fn same_names(subsegment: u8, outcome: u8, never: u8) -> Result<u8, u8> {
    if subsegment == 1 { Err(never) } else { Ok(subsegment + outcome) }
}

#[capture(crate = xray_core)]
async fn same_names_later(subsegment: u8, outcome: u8, never: u8) -> Result<u8, u8> {
    if subsegment == 1 { Err(never) } else { Ok(subsegment + outcome) }
}

#[capture(crate = xray_core)]
fn generic<'a, T, const N: usize>(items: &'a [T; N], is_it: impl Fn(&T) -> bool) -> Result<&'a T, String>
where
    T: Debug + 'a,
{
    items.iter().find(|item| is_it(item)).ok_or_else(|| format!("{items:?} of {N}"))
}

#[capture(crate = xray_core)]
async fn generic_later<T: Display, E: Error>(text: T, outcome: Result<T, E>) -> Result<String, E> {
    Ok(format!("{text}{}", outcome?))
}

#[capture(crate = xray_core)]
fn anything<T>(value: T) -> T {
    value
}

#[capture(crate = xray_core)]
fn coerced(one: bool) -> Box<dyn Debug> {
    if one {
        return Box::new(1);
    }
    Box::new("two")
}

#[capture(crate = xray_core)]
async fn coerced_later(one: bool) -> Box<dyn Debug + Send> {
    if one {
        return Box::new(1);
    }
    Box::new("two")
}

/// The return type tells the closure that it is to work for every lifetime.
#[capture(crate = xray_core)]
fn every_lifetime() -> impl Fn(&str) -> &str {
    |text| text.trim()
}

#[capture(crate = xray_core)]
fn hidden(count: u8) -> Result<impl Iterator<Item = u8>, ParseIntError> {
    let more: u8 = "1".parse()?;
    Ok(0..count + more)
}

#[capture(crate = xray_core)]
async fn hidden_later(count: u8) -> Result<impl Iterator<Item = u8>, fmt::Error> {
    if count == 2 {
        return Err(fmt::Error);
    }
    Ok(0..count)
}

#[capture(crate = xray_core)]
fn future(text: &str, early: bool) -> impl Future<Output = Result<u8, anyhow::Error>> + Send + use<> {
    let text = if early { String::new() } else { text.to_owned() };
    async move {
        let number: u8 = text.parse()?;
        Ok(number)
    }
}

#[capture(crate = xray_core)]
fn future_with_more_bounds(count: u8) -> impl Future<Output = u8> + Unpin {
    std::future::ready(count)
}

#[capture(crate = xray_core)]
fn boxed_futures(text: &str) -> Pin<Box<dyn Future<Output = Result<u8, anyhow::Error>> + Send + '_>> {
    if text.is_empty() {
        return Box::pin(async { Ok(0) });
    }
    Box::pin(async move {
        let number: u8 = text.parse()?;
        Ok(number)
    })
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, fmt::Error>> + Send + 'a>>;

#[capture(crate = xray_core)]
fn own_alias(text: &str) -> BoxFuture<'_, usize> {
    Box::pin(async move { Ok(text.len()) })
}

/// Items come first in the body still.
#[capture(crate = xray_core)]
fn items() -> Result<u8, fmt::Error> {
    const THREE: u8 = 3;
    fn inner() -> u8 {
        THREE
    }
    Ok(inner())
}

#[capture(crate = xray_core)]
fn lock_in_the_last_expression(list: &Mutex<Vec<u8>>) -> usize {
    list.lock().unwrap_or_else(std::sync::PoisonError::into_inner).len()
}

macro_rules! function {
    ($name:ident, $type:ty, $body:block) => {
        #[capture(crate = xray_core)]
        fn $name() -> $type $body
    };
}

function!(from_a_macro, Result<u8, fmt::Error>, { Ok(1) });
function!(plain_from_a_macro, (), {});
function!(future_from_a_macro, Pin<Box<dyn Future<Output = u8>>>, { Box::pin(async { 1 }) });

mod renamed {
    pub(super) use xray_core as xray;
}

#[capture("found elsewhere", crate = crate::renamed::xray)]
fn found_elsewhere() {}

#[test]
fn futures_stay_send() {
    fn send(_: impl Send) {}
    let mut shop = Shop::default();
    send(shop.shared_later());
    send(shop.later());
    send(shop.boxed("1"));
    send(shop.reborrowed_later(1));
    send(never_later());
    send(coerced_later(true));
    send(patterns_later((1, 2), vec![], 1));
    send(generic_later("text", Err(fmt::Error)));
    send(future("1", true));
}

#[test]
fn functions_return_what_they_returned() {
    let mut shop = Shop { items: vec!["first".to_owned()], count: 1 };
    shop.exclusive();
    *shop.reborrowed() += 1;
    assert_eq!(shop.reborrowed_or_not(0).map(|item| item.clone()), Ok("first".to_owned()));
    assert_eq!(shop.reborrowed_or_not(1), Err("none".to_owned()));
    assert_eq!(shop.reborrowed_or_not(5), Err("5".to_owned()));
    assert_eq!(shop.shared(), 5);
    assert_eq!(shop.iterator().count(), 1);
    assert_eq!(shop.clone().owned(7).count, 7);
    assert_eq!(patterns((1, 2), [3; 3], vec![], 4), Ok(5));
    assert_eq!(same_names(1, 2, 3), Err(3));
    assert_eq!(generic(&[1, 2], |number| *number > 1), Ok(&2));
    assert_eq!(every_lifetime()(" text "), "text");
    assert_eq!(from_a_macro(), Ok(1));
    assert_eq!(Arc::new(shop).arc(), Some("first".to_owned()));
}
