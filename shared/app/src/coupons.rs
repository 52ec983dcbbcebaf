//! Pools of coupons: codes are put in, and steps give them out.

use flusso_engine::limits;
use futures_util::future::{join_all, try_join_all};

use crate::define::check_name;
use crate::{App, AppError};

/// Most codes of one request.
const CODES: usize = 1_000;
/// So many codes are put at once.
const AT_ONCE: usize = 25;

/// A pool of coupons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// Codes that nobody has.
    pub left: usize,
    /// Codes that somebody has.
    pub given: usize,
}

impl App {
    /// Puts codes into a pool; those that were there before, whoever has them, stay as they are. How many are new.
    pub async fn put_coupons(&self, pool: &str, codes: &[String]) -> Result<usize, AppError> {
        check_name("pool", pool)?;
        if codes.is_empty() || codes.len() > CODES {
            let message = format!("{} codes; a request has 1 to {CODES}", codes.len());
            return Err(AppError::invalid("codes", "codes.size", message));
        }
        for (at, code) in codes.iter().enumerate() {
            let fits = |c: char| c.is_ascii_graphic();
            if code.is_empty() || code.len() > limits::NAME_BYTES || !code.chars().all(fits) {
                let message = format!("a code has 1 to {} visible ASCII characters", limits::NAME_BYTES);
                return Err(AppError::invalid(format!("codes[{at}]"), "code.unfit", message));
            }
        }
        self.repository.put_pool(pool).await?;
        let mut added = 0;
        for some in codes.chunks(AT_ONCE) {
            let put = join_all(some.iter().map(|code| self.repository.add_coupon(pool, code))).await;
            for new in put {
                added += usize::from(new?);
            }
        }
        Ok(added)
    }

    /// All pools.
    pub async fn pools(&self) -> Result<Vec<Pool>, AppError> {
        let names = self.repository.coupon_pools().await?;
        try_join_all(names.into_iter().map(|name| self.pool(name))).await
    }

    async fn pool(&self, name: String) -> Result<Pool, AppError> {
        let (left, given) = self.repository.count_coupons(&name).await?;
        Ok(Pool { name, left, given })
    }
}
