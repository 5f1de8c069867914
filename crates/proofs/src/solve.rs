//! The solver: asked in as many processes as there are processors, each question with a bound on its time.

use cedar_policy::{PolicySet, RequestEnv, Schema};
use cedar_policy_symcc::err::Error as SymccError;
use cedar_policy_symcc::solver::{LocalSolver, SolverError};
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicy, CompiledPolicySet, Env};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use writ_policy::Action;

/// How the solver is run.
#[derive(Debug, Clone)]
pub struct Solvers {
    /// How many processes at a time.
    pub processes: usize,
    /// How long one question may take.
    pub within: Duration,
}

impl Default for Solvers {
    /// One process for each processor, and a minute for each question.
    fn default() -> Self {
        let processes = std::thread::available_parallelism().map_or(1, Into::into);
        Self { processes, within: Duration::from_secs(60) }
    }
}

/// Why the solver gave no answer. None of these is a yes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SolveError {
    /// There is no solver.
    #[error(
        "the solver `cvc5` was not found: install it (`apt-get install cvc5`), or name its path in the environment variable `CVC5`"
    )]
    NoSolver,
    /// It could not be started, or it failed.
    #[error("the solver failed: {0}")]
    Failed(String),
    /// It took too long, or could not tell.
    #[error("the solver could not tell within {0} s: state it more simply, or split it")]
    Undecided(u64),
    /// The policies cannot be put before it.
    #[error("this cannot be put before the solver: {0}")]
    Unsayable(String),
}

/// One question to the solver, about all requests of one action.
pub(crate) struct Query {
    pub(crate) schema: Schema,
    pub(crate) action: Action,
    pub(crate) asks: Asks,
}

/// What is asked.
pub(crate) enum Asks {
    /// Whatever the first set allows, the second allows.
    Implies(PolicySet, PolicySet),
    /// Both sets allow the same.
    Equals(PolicySet, PolicySet),
    /// The policy can always be applied.
    NeverErrs(cedar_policy::Policy),
    /// The policy never matches.
    NeverMatches(cedar_policy::Policy),
}

/// What the solver said.
pub(crate) struct Answer {
    /// Nothing speaks against it, or this does.
    pub(crate) said: Result<Option<Box<Env>>, SolveError>,
    pub(crate) took: Duration,
}

impl Solvers {
    /// Asks every question; the answers in the order of the questions.
    pub(crate) fn ask(&self, queries: &[Query]) -> Vec<Answer> {
        let next = AtomicUsize::new(0);
        let unasked = || Answer { said: Err(SolveError::NoSolver), took: Duration::ZERO };
        let answers = Mutex::new(queries.iter().map(|_| unasked()).collect());
        std::thread::scope(|threads| {
            for _ in 0..self.processes.clamp(1, queries.len().max(1)) {
                threads.spawn(|| self.serve(queries, &next, &answers));
            }
        });
        answers.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Answers questions with one process until none is left. Who takes a number answers it; `answers` is locked only
    /// to write one down.
    fn serve(&self, queries: &[Query], next: &AtomicUsize, answers: &Mutex<Vec<Answer>>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let mut compiler = None;
        while let Some((number, query)) = {
            let number = next.fetch_add(1, Ordering::Relaxed);
            queries.get(number).map(|query| (number, query))
        } {
            let begin = Instant::now();
            let said = match &runtime {
                Ok(runtime) => runtime.block_on(self.answer(&mut compiler, query)),
                Err(error) => Err(SolveError::Failed(error.to_string())),
            };
            if said.is_err() {
                // What a failed process would say next is not to be trusted.
                compiler = None;
            }
            let mut answers = answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some(place) = answers.get_mut(number) {
                *place = Answer { said, took: begin.elapsed() };
            }
        }
    }

    async fn answer(
        &self,
        compiler: &mut Option<CedarSymCompiler<LocalSolver>>,
        query: &Query,
    ) -> Result<Option<Box<Env>>, SolveError> {
        let compiler = match compiler {
            Some(compiler) => compiler,
            None => compiler.insert(self.start()?),
        };
        let asked = query.put(compiler);
        // The process keeps the bound by itself; this is for one that hangs.
        match tokio::time::timeout(self.within + Duration::from_secs(5), asked).await {
            Ok(answer) => answer.map(|found| found.map(Box::new)).map_err(|error| self.told(error)),
            Err(_) => Err(SolveError::Undecided(self.within.as_secs())),
        }
    }

    fn start(&self) -> Result<CedarSymCompiler<LocalSolver>, SolveError> {
        let bound = format!("--tlimit-per={}", self.within.as_millis());
        let solver = LocalSolver::cvc5_with_args([bound]).map_err(|error| match error {
            SolverError::Io(error) if error.kind() == std::io::ErrorKind::NotFound => {
                SolveError::NoSolver
            }
            other => SolveError::Failed(other.to_string()),
        })?;
        CedarSymCompiler::new(solver).map_err(|error| self.told(error))
    }

    fn told(&self, error: SymccError) -> SolveError {
        match error {
            SymccError::SolverUnknown => SolveError::Undecided(self.within.as_secs()),
            SymccError::SolverError(error) => SolveError::Failed(error.to_string()),
            other => SolveError::Unsayable(other.to_string()),
        }
    }
}

impl Query {
    async fn put(
        &self,
        compiler: &mut CedarSymCompiler<LocalSolver>,
    ) -> Result<Option<Env>, SymccError> {
        let asked = |env: &RequestEnv| Action::of(env.action()) == Some(self.action);
        let mut environments = self.schema.request_envs().filter(asked);
        let Some(env) = environments.next() else {
            return Err(SymccError::ActionNotInSchema(self.action.to_string()));
        };
        match &self.asks {
            Asks::Implies(left, right) => {
                let left = CompiledPolicySet::compile(left, &env, &self.schema)?;
                let right = CompiledPolicySet::compile(right, &env, &self.schema)?;
                compiler.check_implies_with_counterexample_opt(&left, &right).await
            }
            Asks::Equals(one, other) => {
                let one = CompiledPolicySet::compile(one, &env, &self.schema)?;
                let other = CompiledPolicySet::compile(other, &env, &self.schema)?;
                compiler.check_equivalent_with_counterexample_opt(&one, &other).await
            }
            Asks::NeverErrs(policy) => {
                let policy = CompiledPolicy::compile(policy, &env, &self.schema)?;
                compiler.check_never_errors_with_counterexample_opt(&policy).await
            }
            Asks::NeverMatches(policy) => {
                let policy = CompiledPolicy::compile(policy, &env, &self.schema)?;
                compiler.check_never_matches_with_counterexample_opt(&policy).await
            }
        }
    }
}
