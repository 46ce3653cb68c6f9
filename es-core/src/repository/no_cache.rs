//! What stands for the cache without the feature `runtime`: there is none, and the compiler knows.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

use uuid::Uuid;

use super::CacheStats;
use crate::fold::Fold;

pub(super) struct Cache<A>(Infallible, PhantomData<fn() -> A>);

impl<A> Cache<A> {
    pub(super) fn visit(&self, _: Uuid) -> Visit<'_, A> {
        match self.0 {}
    }

    pub(super) fn peek(&self, _: Uuid) -> Option<Visit<'_, A>> {
        match self.0 {}
    }

    pub(super) fn stats(&self) -> CacheStats {
        match self.0 {}
    }
}

pub(super) struct Visit<'c, A>(Infallible, PhantomData<&'c fn() -> A>);

pub(super) struct Turn(Infallible);

impl Drop for Turn {
    fn drop(&mut self) {
        match self.0 {}
    }
}

impl<A> Visit<'_, A> {
    #[expect(clippy::unused_async, reason = "as with a cache")]
    pub(super) async fn turn(&self) -> Turn {
        match self.0 {}
    }

    pub(super) fn seen(&self) -> Option<Arc<Fold<A>>> {
        match self.0 {}
    }

    pub(super) fn copier(&self) -> fn(&A) -> A {
        match self.0 {}
    }

    pub(super) fn keep(&self, _: Arc<Fold<A>>) {
        match self.0 {}
    }

    pub(super) fn forget(&self, _: &Arc<Fold<A>>) {
        match self.0 {}
    }

    pub(super) fn hit(&self) -> Option<Arc<Fold<A>>> {
        match self.0 {}
    }

    pub(super) fn missed(&self) {
        match self.0 {}
    }
}
