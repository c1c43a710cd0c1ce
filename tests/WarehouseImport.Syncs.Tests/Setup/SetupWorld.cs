using System.Reflection;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Syncs.Tests.Setup;

/// <summary>One dataset, one connection, an in-memory list of syncs and a clock that jumps over every wait.</summary>
internal sealed class SetupWorld : IWarehouseConnections
{
    public static readonly Guid ConnectionId = new("3f2504e0-4f89-41d3-9a0c-0305e82c3301");

    public SetupWorld()
    {
        Validator = new MappingValidator(Syncs, this, Clock);
        Setup = new SyncSetup(Syncs, Validator, this, GrainFactory.Of(Reconciled), Clock);
    }

    public JumpingClock Clock { get; } = new();

    public MemorySyncs Syncs { get; } = new();

    public MappingValidator Validator { get; }

    public SyncSetup Setup { get; }

    public List<Guid> Reconciled { get; } = [];

    public List<DatasetColumn> Columns { get; } =
    [
        new("email", "text", ColumnKind.Text, true), new("phone", "text", ColumnKind.Text, true), new("first", "text", ColumnKind.Text, true),
        new("points", "bigint", ColumnKind.Integer, true), new("born", "bigint", ColumnKind.Integer, true), new("photo", "bytea", ColumnKind.Unreadable, true),
        new("tags", "text[]", ColumnKind.List, true), new("updated_at", "timestamptz", ColumnKind.TimestampWithZone, true),
    ];

    /// <summary>The statistics at the first and at every later look, given the warehouse's time.</summary>
    public Func<int, DateTimeOffset, CursorStatistics> Statistics { get; set; } = (_, _) => new CursorStatistics(10, 0, 0, "2024-01-01T00:00:00Z");

    public WarehouseException? ReadFailure { get; set; }

    public ReadEstimate? Estimate { get; set; }

    public WindowQuery? Estimated { get; private set; }

    public string[] CursorsRead { get; set; } = ["2024-01-01T00:00:00Z"];

    public int Looks { get; private set; }

    public static SyncDefinition Sync(params FieldMapping[] fields) => new()
    {
        Name = "customers",
        ConnectionId = ConnectionId,
        Dataset = new DatasetName("crm", "customers"),
        Identifier = new IdentifierDefinition("email", IdentifierKind.Email),
        Cursor = new CursorDefinition("updated_at"),
        Fields = fields,
        Schedule = new ScheduleDefinition(Every: TimeSpan.FromHours(1)),
    };

    public Task<IWarehouse?> OpenAsync(Guid connectionId, CancellationToken cancellationToken) =>
        Task.FromResult<IWarehouse?>(connectionId == ConnectionId ? new Warehouse(this) : null);

    internal sealed class JumpingClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2024, 6, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero) Now += dueTime;
            return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class Warehouse(SetupWorld world) : IWarehouse
    {
        public Task<ConnectionCheck> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(new ConnectionCheck([]));

        public Task<string> GetCurrentTimeAsync(CancellationToken cancellationToken) => Task.FromResult(SourceInstant.FromDateTimeOffset(world.Clock.Now).ToString());

        public Task<IReadOnlyList<Dataset>> ListDatasetsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Dataset>>([]);

        public Task<IReadOnlyList<DatasetColumn>> GetColumnsAsync(DatasetName dataset, CancellationToken cancellationToken) =>
            dataset.Parts[^1] == "customers"
                ? Task.FromResult<IReadOnlyList<DatasetColumn>>(world.Columns)
                : throw new WarehouseException(WarehouseErrors.DatasetUnknown, $"There is no dataset {dataset}.");

        public Task<DatasetPreview> PreviewAsync(DatasetName dataset, int rows, CancellationToken cancellationToken) => Task.FromResult(new DatasetPreview(world.Columns, []));

        public Task<CursorStatistics> GetCursorStatisticsAsync(DatasetName dataset, CursorColumn cursor, string? ceiling, CancellationToken cancellationToken) =>
            Task.FromResult(world.Statistics(world.Looks++, world.Clock.Now));

        public Task<IWindowRead> OpenWindowAsync(WindowQuery query, CancellationToken cancellationToken) =>
            world.ReadFailure is null ? Task.FromResult<IWindowRead>(new Window(world, query)) : throw world.ReadFailure;

        public Task<ReadEstimate?> EstimateAsync(WindowQuery query, CancellationToken cancellationToken)
        {
            world.Estimated = query;
            return Task.FromResult(world.Estimate);
        }

        public ValueTask DisposeAsync() => default;
    }

    private sealed class Window(SetupWorld world, WindowQuery query) : IWindowRead
    {
        public PagingLevel Level => PagingLevel.Snapshot;

        public bool IsStoredResult => false;

        public CursorStatistics Statistics => new(world.CursorsRead.Length, 0, 0, null);

        public IReadOnlyList<DatasetColumn> Columns => [.. query.Columns.Select(name => world.Columns.First(column => column.Name == name))];

        public async IAsyncEnumerable<RowPage> ReadPagesAsync(int firstPage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            yield return new RowPage(0, world.CursorsRead, [.. query.Columns.Select(_ => new string?[world.CursorsRead.Length])]);
        }

        public ValueTask DisposeAsync() => default;
    }

    internal sealed class MemorySyncs : ISyncStore
    {
        public SortedDictionary<Guid, SyncRecord> All { get; } = [];

        public Task<SyncRecord?> GetAsync(Guid id, CancellationToken cancellationToken) => Task.FromResult(All.GetValueOrDefault(id));

        public Task<IReadOnlyList<SyncRecord>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<SyncRecord>>([.. All.Values.Where(sync => after is not { } last || sync.Id.CompareTo(last) > 0).Take(limit)]);

        public Task<SyncDefinition?> GetDefinitionAsync(Guid id, int mappingVersion, CancellationToken cancellationToken) => Task.FromResult(All.GetValueOrDefault(id)?.Definition);

        public Task<SyncWriteStatus> CreateAsync(SyncRecord sync, CancellationToken cancellationToken)
        {
            if (All.Values.Any(other => string.Equals(other.Definition.Name, sync.Definition.Name, StringComparison.OrdinalIgnoreCase))) return Task.FromResult(SyncWriteStatus.NameTaken);
            All.Add(sync.Id, sync);
            return Task.FromResult(SyncWriteStatus.Written);
        }

        public Task<SyncWriteStatus> UpdateAsync(SyncRecord sync, long expectedVersion, CancellationToken cancellationToken) => Change(sync.Id, expectedVersion, _ => sync);

        public Task<SyncWriteStatus> DeleteAsync(Guid id, long expectedVersion, CancellationToken cancellationToken)
        {
            if (!All.TryGetValue(id, out var stored)) return Task.FromResult(SyncWriteStatus.NotFound);
            if (stored.ActiveRunId is not null) return Task.FromResult(SyncWriteStatus.RunActive);
            if (stored.Version != expectedVersion) return Task.FromResult(SyncWriteStatus.VersionMismatch);
            All.Remove(id);
            return Task.FromResult(SyncWriteStatus.Written);
        }

        public Task<SyncWriteStatus> ResetWatermarkAsync(Guid id, SourceInstant? watermark, DateTimeOffset now, CancellationToken cancellationToken) =>
            All.TryGetValue(id, out var stored) && stored.ActiveRunId is not null
                ? Task.FromResult(SyncWriteStatus.RunActive)
                : Change(id, null, sync => sync with { Watermark = watermark, BoundaryRunId = null, Version = sync.Version + 1 });

        private Task<SyncWriteStatus> Change(Guid id, long? expectedVersion, Func<SyncRecord, SyncRecord> change)
        {
            if (!All.TryGetValue(id, out var stored)) return Task.FromResult(SyncWriteStatus.NotFound);
            if (expectedVersion is { } version && stored.Version != version) return Task.FromResult(SyncWriteStatus.VersionMismatch);
            All[id] = change(stored);
            return Task.FromResult(SyncWriteStatus.Written);
        }
    }

    /// <summary>A grain factory whose sync grains remember that they were asked to reconcile.</summary>
    public class GrainFactory : DispatchProxy
    {
        private List<Guid> _reconciled = [];

        public static IGrainFactory Of(List<Guid> reconciled)
        {
            var factory = Create<IGrainFactory, GrainFactory>();
            ((GrainFactory)(object)factory)._reconciled = reconciled;
            return factory;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => SyncGrain.Of((Guid)args![0]!, _reconciled);
    }

    public class SyncGrain : DispatchProxy
    {
        private Guid _id;
        private List<Guid> _reconciled = [];

        public static ISyncGrain Of(Guid id, List<Guid> reconciled)
        {
            var grain = Create<ISyncGrain, SyncGrain>();
            (((SyncGrain)(object)grain)._id, ((SyncGrain)(object)grain)._reconciled) = (id, reconciled);
            return grain;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Assert.Equal(nameof(ISyncGrain.ReconcileAsync), targetMethod!.Name);
            _reconciled.Add(_id);
            return Task.CompletedTask;
        }
    }
}
