using System.Diagnostics;
using System.Globalization;
using WarehouseImport.Benchmarks.Throughput;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Benchmarks.Mapping;

/// <summary>Validating, normalising and parsing alone: time and allocation per row of twelve mapped columns with one phone number and two dates, on one thread.</summary>
static class MappingSpeed
{
    private const int PageRows = 5_000;
    private const int Pages = 100;

    private static readonly (string Column, string? Target, ColumnKind Kind, PropertyType? Type)[] Mapped =
    [
        ("email", null, ColumnKind.Text, null),
        ("phone", "phone_number", ColumnKind.Text, null),
        ("first_name", "first_name", ColumnKind.Text, null),
        ("last_name", "last_name", ColumnKind.Text, null),
        ("country", "location.country", ColumnKind.Text, null),
        ("city", "location.city", ColumnKind.Text, null),
        ("zip", "location.zip", ColumnKind.Text, null),
        ("birthday", "properties.birthday", ColumnKind.Date, PropertyType.Date),
        ("signed_up", "properties.signed_up", ColumnKind.Timestamp, PropertyType.Date),
        ("score", "properties.score", ColumnKind.Decimal, PropertyType.Number),
        ("tier", "properties.tier", ColumnKind.Text, PropertyType.Text),
        ("is_vip", "properties.is_vip", ColumnKind.Boolean, PropertyType.Boolean),
    ];

    public static int Run()
    {
        Measure("12 columns", phone: true);
        Measure("without the phone number", phone: false);
        return 0;
    }

    private static void Measure(string what, bool phone)
    {
        var columns = Mapped.Select(column => new DatasetColumn(column.Column, column.Kind.ToString(), column.Kind, true))
            .Append(new DatasetColumn("updated_at", "TIMESTAMPTZ", ColumnKind.TimestampWithZone, false))
            .ToList();
        var definition = new SyncDefinition
        {
            Name = "people",
            ConnectionId = Guid.NewGuid(),
            Dataset = new DatasetName("main", "people"),
            Identifier = new IdentifierDefinition("email", IdentifierKind.Email),
            Cursor = new CursorDefinition("updated_at"),
            Phone = new PhoneDefinition(CountryColumn: "country"),
            Schedule = new ScheduleDefinition(Manual: true),
            Fields =
            [
                .. Mapped.Where(column => column.Target is not null && (phone || column.Column != "phone"))
                    .Select(column => new FieldMapping(column.Column, column.Target!) { Type = column.Type }),
            ],
        };
        var mapper = RowMapper.Create(definition, columns);
        var pages = new Workload(PageRows * Pages).First().Chunk(PageRows).Select(Page).ToList();
        foreach (var page in pages) mapper.Map(page);

        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        foreach (var page in pages)
        {
            if (mapper.Map(page).Updates.Count != PageRows) throw new InvalidOperationException("A row was refused.");
        }

        var time = Stopwatch.GetElapsedTime(started);
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        const int Rows = PageRows * Pages;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-28} {time.TotalMicroseconds / Rows:0.00} µs and {(double)bytes / Rows:0} bytes per row"));
    }

    private static RowPage Page(Person[] people, int number)
    {
        string?[] Column(Func<Person, string> cell) => [.. people.Select(cell)];
        string?[][] columns =
        [
            Column(p => p.Email), Column(p => p.Phone), Column(p => p.FirstName), Column(p => p.LastName), Column(p => p.Country), Column(p => p.City), Column(p => p.Zip),
            Column(p => p.Birthday.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            Column(p => p.SignedUp.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)),
            Column(p => string.Create(CultureInfo.InvariantCulture, $"{p.ScoreTenths / 10}.{p.ScoreTenths % 10}")), Column(p => p.Tier), Column(p => p.IsVip ? "true" : "false"),
            Column(p => p.Instant.ToString()),
        ];
        return new RowPage(number, [.. people.Select(p => p.Instant.ToString())], columns);
    }
}
