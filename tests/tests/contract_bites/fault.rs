//! What can be wrong with a store: where it is tampered with, and how.

use es_core::{
    AppendError, Appended, BatchStart, Checkpoint, DeadLetter, EventAddress, EventStream, FoundRow,
    ImportError, ImportOptions, Imported, ImportedEvent, InlineError, Lease, LeaseRequest, Leases,
    LetterSelection, Limits, LogPage, LogQuery, MemoryStore, Position, ProjectionPart, Promotion,
    ReadModelBackend, ResolvedQuery, RowChange, RowSelection, SnapshotQuery, StoreError,
    StoredEvent, StoredSnapshot, StreamAppend, StreamId, StreamQuery, Table,
};

use crate::broken::{Appending, Inlining};

/// Where and how a [`Broken`](crate::broken::Broken) store misbehaves; in everything else it is a memory store.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// Nowhere.
    None,

    /// What an append may hold.
    Limits(Limits),
    /// Each append, before it is made.
    Append(fn(&MemoryStore, &mut StreamAppend)),
    /// The entries of a call, before they are appended.
    Call(fn(&mut Vec<StreamAppend>)),
    /// How entries are appended.
    Appending(Appending),
    /// What is done after an append was refused.
    Refused(fn(&MemoryStore, StreamAppend)),
    /// Each answer to an append.
    Answer(fn(&mut Result<Appended, AppendError>)),
    /// The answers of a call.
    Answers(fn(&mut Vec<Result<Appended, AppendError>>)),

    /// Each event that is read, from its stream or from the log.
    Event(fn(&mut StoredEvent)),
    /// What is asked of a stream.
    StreamQuery(fn(&mut StreamQuery)),
    /// What a stream gives.
    Stream(fn(&MemoryStore, &StreamId, &mut Result<Vec<StoredEvent>, StoreError>)),
    /// A stream that is read and not to its end keeps a connection, of which there are three.
    KeepsUnfinishedReads,
    /// What is asked of the log.
    LogQuery(fn(&mut LogQuery<'_>)),
    /// A page of the log, and what was asked: which events, and how many.
    Page(fn(&MemoryStore, LogQuery<'_>, usize, &mut LogPage)),
    /// What the streamed log gives.
    Streamed(fn(&mut Vec<StoredEvent>)),
    /// How the log is streamed.
    StreamLog(for<'a> fn(&'a MemoryStore, LogQuery<'a>) -> EventStream<'a>),
    /// What is settled.
    Settled(fn(Position) -> Position),
    /// Where events are.
    Located(fn(usize, &mut Vec<EventAddress>)),

    /// A snapshot that is found, and the events after it.
    Loaded(fn(&mut Option<StoredSnapshot>, &mut Vec<StoredEvent>)),
    /// Whether the store says that it keeps a snapshot.
    Kept(fn(bool) -> bool),
    /// Snapshots are kept beside the log: which, given those that are there, and which are found.
    Snapshots {
        keeps: fn(&MemoryStore, &[StoredSnapshot], &StoredSnapshot) -> bool,
        finds: fn(&StoredSnapshot, &StreamId, SnapshotQuery) -> bool,
    },

    /// How tables are made.
    Ensure(fn(&MemoryStore, &'static Table) -> Result<(), StoreError>),
    /// Tables cannot be made at once.
    EnsureAlone,
    /// The table that is meant by one.
    Table(fn(&'static Table) -> &'static Table),
    /// The keys of rows that are asked for.
    Keys(fn(&mut Vec<String>)),
    /// A question to a table.
    Asked(fn(&mut ResolvedQuery)),
    /// The rows that are found, in a batch and outside, and how they were asked for.
    Found(fn(RowSelection<'_>, &mut Result<Vec<FoundRow>, StoreError>)),
    /// How many rows are counted.
    Counted(fn(u64) -> u64),
    /// Rows, before a batch writes them.
    Upsert(fn(&mut dyn ReadModelBackend, &'static Table, &mut Vec<RowChange>)),
    /// What a batch answers when rows are written.
    Written(fn(&mut Result<(), StoreError>)),
    /// No row is deleted.
    DeletesNothing,
    /// Tables are not emptied.
    EmptiesNothing,
    /// Batches read what is committed, and not what they have written.
    ReadsPastItself,
    /// What batches write is there before their commit, and without it.
    WritesThrough,

    /// What is asked for, or begun, of a part of a projection.
    Part(fn(&mut ProjectionPart)),
    /// A checkpoint that is read.
    Checkpoint(fn(&mut Checkpoint)),
    /// All checkpoints of a projection.
    Checkpoints(fn(&mut Vec<(u32, Checkpoint)>)),
    /// Whether a checkpoint fits.
    Fits(fn(&mut Result<(), StoreError>)),
    /// Batches begin one after the other.
    BatchesWait,
    /// What a batch begins with.
    Start(fn(&mut BatchStart)),
    /// What is done before a batch is committed.
    BeforeCommit(fn(&MemoryStore, &BatchStart)),
    /// The checkpoint of a commit.
    Commit(fn(&mut Checkpoint)),
    /// What a commit answers.
    Committed(fn(&mut Result<(), StoreError>)),
    /// A batch that is dropped is committed.
    CommitsWhenDropped,

    /// What a worker asks for.
    Request(fn(&mut LeaseRequest<'_>)),
    /// What it gets.
    Leased(fn(&mut Result<Leases, StoreError>)),
    /// A commit does not extend the lease.
    ExtendsNothing,
    /// A lease that is given back.
    Released(fn(&mut Lease)),
    /// Nobody leaves.
    NobodyLeaves,
    /// The position of an attempt.
    Attempt(fn(&mut Position)),
    /// How many attempts there were.
    Attempts(fn(&mut Result<u32, StoreError>)),
    /// The attempts that are remembered.
    Remembered(fn(&mut Option<(Position, u32)>)),
    /// Attempts are not forgotten when that is asked.
    ForgetsNothing,
    /// Whether a part has begun.
    Begun(fn(bool) -> bool),
    /// A reset is made when it is opened.
    ResetsAtOnce,
    /// A reset moves the checkpoint where it was begun.
    ResetsWhereItBegan,

    /// A letter that is put in.
    Buried(fn(&mut DeadLetter)),
    /// A letter is there before the commit of its batch, and without it.
    BuriesAtOnce,
    /// Whether a letter was there to be taken out.
    Unburied(fn(bool) -> bool),
    /// Letters that are read.
    Letters(fn(&mut Vec<DeadLetter>)),
    /// The letters that are meant when a retry is asked for, or when they are discarded.
    Meant(fn(&mut LetterSelection)),
    /// How many were meant.
    Told(fn(u64) -> u64),

    /// How a version of a projection is promoted.
    Promote(fn(&MemoryStore, &str, u32, &[Promotion]) -> Result<(), StoreError>),
    /// How a table is dropped.
    DropTable(fn(&MemoryStore, &str) -> Result<(), StoreError>),
    /// Nobody is woken.
    WakesNobody,

    /// How projections are run inside an append.
    Inlining(Inlining),
    /// What such an append answers.
    Inlined(fn(&mut Result<Appended, InlineError>)),

    /// An event of an import.
    Imported(fn(&mut ImportedEvent)),
    /// How an import is done.
    Options(for<'a> fn(ImportOptions<'a>) -> ImportOptions<'a>),
    /// What an import answers.
    ImportAnswer(fn(&mut Result<Imported, ImportError>)),
    /// Each event of an import is stored when it comes.
    ImportsPiecemeal,
    /// An import is of so many events at most; the rest is left out.
    ImportsOnly(usize),
}
