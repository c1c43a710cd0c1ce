using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Faults;
using WarehouseImport.Emulators.Hosting;

namespace WarehouseImport.Emulators.Control;

/// <summary>The control interface under <c>/__control</c>, on a port of its own: what a test in another process seeds, arms and asserts by.</summary>
internal static class ControlEndpoints
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = WireJson.Options.Encoder };

    public static void Map(WebApplication app, Emulator emulator)
    {
        var control = app.MapGroup("/__control");
        control.MapGet("/journal", () => Results.Json(emulator.Journal.Entries, Json));
        control.MapGet("/unknown", () => Results.Json(emulator.Journal.UnknownStatements, Json));
        control.MapDelete("/journal", () => emulator.Journal.Clear());
        control.MapGet("/clock", () => Results.Json(new { now = emulator.Clock.GetUtcNow(), shiftSeconds = emulator.Clock.Shift.TotalSeconds }, Json));
        control.MapPost("/clock", (ClockRequest request) => emulator.Clock.Advance(TimeSpan.FromSeconds(request.AdvanceSeconds)));
        control.MapPost("/faults", (FaultRequest request) => Arm(emulator, request));
        control.MapDelete("/faults", () => emulator.Faults.Clear());
        control.MapPost("/keys", (KeyRequest request) => emulator.AddKey(request.User, request.PublicKey));
        control.MapPost("/tables", (TableRequest request) => CreateTable(emulator, request));
        control.MapPost("/views", (ViewRequest request) => Created(emulator.Catalogue.Database(request.Database).Schema(request.Schema).View(request.Name, request.Sql)));
        control.MapPost("/rows", (RowsRequest request) => Created(emulator.Catalogue.Database(request.Database).Schema(request.Schema).Table(request.Table).InsertMany(Rows(request.Rows))));
        control.MapDelete("/tables/{database}/{schema}/{table}", (string database, string schema, string table) => emulator.Catalogue.Database(database).Schema(schema).Drop(table));
        control.MapPost("/load", (LoadRequest request) => emulator.Load(request.File, request.Database));
        control.MapPost("/switches", (Dictionary<string, JsonElement> switches) => Switch(emulator, switches));
    }

    private static NoContent Created(EmulatedTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return TypedResults.NoContent();
    }

    private static NoContent CreateTable(Emulator emulator, TableRequest request)
    {
        var table = emulator.Catalogue.Database(request.Database).Schema(request.Schema).Table(request.Name, t =>
        {
            foreach (var column in request.Columns) t.Column(column.Name, emulator.ParseType(column.Type), column.Nullable);
        });
        if (request.Rows is not null) table.InsertMany(Rows(request.Rows));
        return TypedResults.NoContent();
    }

    private static IEnumerable<object?[]> Rows(JsonElement[][] rows) =>
        rows.Select(r => r.Select(object? (c) => c.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => c.GetString(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => c,
        }).ToArray());

    private static Results<NoContent, BadRequest<string>> Arm(Emulator emulator, FaultRequest request)
    {
        FaultAction? action = request.Action switch
        {
            "respond" => new FaultAction.Respond(request.Status ?? 503, request.Body, request.RetryAfter) { AfterWork = request.AfterWork },
            "reset" => new FaultAction.Reset { AfterWork = request.AfterWork },
            "cut" => new FaultAction.CutBody(request.Fraction ?? 0.5, request.Clean),
            "stall" => new FaultAction.Stall(request.Fraction ?? 0.5),
            "drip" => new FaultAction.Drip(1, TimeSpan.FromMilliseconds(50)),
            "counts" => new FaultAction.WrongCounts(),
            "advance" => new FaultAction.AdvanceClock(TimeSpan.FromSeconds(request.Seconds ?? 0)),
            "fail" => new FaultAction.FailStatement(request.Code ?? "100038", request.Body ?? "The statement failed.", request.SqlState),
            _ => null,
        };
        if (action is null) return TypedResults.BadRequest($"action is '{request.Action}'; it must be respond, reset, cut, stall, drip, counts, advance or fail.");
        var match = new FaultMatch
        {
            Method = request.Method,
            PathContains = request.PathContains,
            StatementContains = request.StatementContains,
            Partition = request.Partition,
            QueryParameter = request.QueryParameter,
            Skip = request.Skip,
        };
        emulator.Faults.Arm(match, action, request.Times ?? 1);
        return TypedResults.NoContent();
    }

    private static Results<NoContent, BadRequest<string>> Switch(Emulator emulator, Dictionary<string, JsonElement> switches)
    {
        var properties = emulator.SwitchBoard.GetType().GetProperties();
        foreach (var (name, value) in switches)
        {
            var property = Array.Find(properties, p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (property is null) return TypedResults.BadRequest($"'{name}' is no switch; there are {string.Join(", ", properties.Select(p => p.Name))}.");
            property.SetValue(emulator.SwitchBoard, value.Deserialize(property.PropertyType, Json));
        }

        return TypedResults.NoContent();
    }
}

internal sealed record ClockRequest(double AdvanceSeconds);

internal sealed record KeyRequest(string? User, string PublicKey);

internal sealed record ColumnRequest(string Name, string Type, bool Nullable = true);

internal sealed record TableRequest(string Database, string Schema, string Name, ColumnRequest[] Columns, JsonElement[][]? Rows);

internal sealed record ViewRequest(string Database, string Schema, string Name, string Sql);

internal sealed record RowsRequest(string Database, string Schema, string Table, JsonElement[][] Rows);

internal sealed record LoadRequest(string File, string? Database);

internal sealed record FaultRequest(string Action)
{
    public string? Method { get; init; }

    public string? PathContains { get; init; }

    public string? StatementContains { get; init; }

    public int? Partition { get; init; }

    public string? QueryParameter { get; init; }

    public int Skip { get; init; }

    public int? Times { get; init; }

    public int? Status { get; init; }

    public string? Body { get; init; }

    public string? RetryAfter { get; init; }

    public bool AfterWork { get; init; }

    public double? Fraction { get; init; }

    public bool Clean { get; init; }

    public double? Seconds { get; init; }

    public string? Code { get; init; }

    public string? SqlState { get; init; }
}
