using System.Globalization;
using WarehouseImport.Profiles;

namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>One generated row of a source table: the cells a warehouse holds, and beside them what a correct import makes of them.</summary>
/// <param name="ModifiedAt">Cursor, whole seconds since 1970.</param>
readonly record struct Person(int Number, int Generation, long ModifiedAt)
{
    private const int NumbersPerExchange = 10_000;
    private const int Exchanges = 800;

    private static readonly string[] AreaCodes = ["201", "202", "203", "205", "206", "207", "208", "209"];
    private static readonly string[] FirstNames = ["Anna", "Ben", "Chloé", "David", "Elif", "Fatima", "George", "Hana", "Igor"];
    private static readonly string[] LastNames = ["Smith", "Müller", "O'Neil", "Garcia", "Nowak", "Rossi", "Kim", "Silva"];
    private static readonly string[] Cities = ["Springfield", "Köln", "Lyon", "Leeds", "Porto", "Gdańsk", "Graz"];
    private static readonly string[] Tiers = ["bronze", "silver", "gold", "platinum"];

    private bool IsAmerican => Number % 2 == 0;

    public string Email => string.Create(CultureInfo.InvariantCulture, $"person.{Number}@example{Number % 97}.com");

    /// <summary>As people write it in their own country.</summary>
    public string Phone
    {
        get
        {
            var (area, exchange, line) = PhoneParts;
            return IsAmerican
                ? string.Create(CultureInfo.InvariantCulture, $"({area}) {exchange:000}-{line:0000}")
                : string.Create(CultureInfo.InvariantCulture, $"020 7{exchange:000} {line:0000}");
        }
    }

    public string CanonicalPhone
    {
        get
        {
            var (area, exchange, line) = PhoneParts;
            return IsAmerican
                ? string.Create(CultureInfo.InvariantCulture, $"+1{area}{exchange:000}{line:0000}")
                : string.Create(CultureInfo.InvariantCulture, $"+44207{exchange:000}{line:0000}");
        }
    }

    public string Country => IsAmerican ? "United States" : "United Kingdom";

    public string FirstName => FirstNames[Number % FirstNames.Length];

    public string LastName => LastNames[Number / 3 % LastNames.Length];

    public string City => Cities[(Number + Generation) % Cities.Length];

    public string Zip => string.Create(CultureInfo.InvariantCulture, $"{Number % 100_000:00000}");

    public DateOnly Birthday => new(1950 + Number % 50, 1 + Number % 12, 1 + Number % 28);

    public DateTime SignedUp => DateTime.UnixEpoch.AddSeconds(1_500_000_000 + Number * 7L);

    /// <summary>Tenths, so that no exact decimal needs rounding.</summary>
    public long ScoreTenths => (Number * 13L + Generation) % 10_000;

    public string Tier => Tiers[(Number / 5 + Generation) % Tiers.Length];

    public bool IsVip => Number % 10 == 0;

    /// <summary>Field paths and canonical JSON values, identifiers included, as the profile must hold them.</summary>
    public void WriteFields(Action<string, string> write)
    {
        write("email", Text(Email));
        write("phone_number", Text(CanonicalPhone));
        write("first_name", Text(FirstName));
        write("last_name", Text(LastName));
        write("location.city", Text(City));
        write("location.country", Text(Country));
        write("location.zip", Text(Zip));
        write("properties.birthday", Text(Birthday.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + "T00:00:00Z"));
        write("properties.is_vip", IsVip ? "true" : "false");
        write("properties.score", ScoreTenths % 10 == 0 ? Whole(ScoreTenths / 10) : $"{Whole(ScoreTenths / 10)}.{Whole(ScoreTenths % 10)}");
        write("properties.signed_up", Text(SignedUp.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
        write("properties.tier", Text(Tier));
    }

    public SourceInstant Instant => new(ModifiedAt, 0);

    private (string Area, int Exchange, int Line) PhoneParts
    {
        get
        {
            var own = Number / 2;
            return (AreaCodes[own / NumbersPerExchange / Exchanges], 200 + own / NumbersPerExchange % Exchanges, own % NumbersPerExchange);
        }
    }

    // None of the generated texts holds a character that JSON escapes.
    private static string Text(string value) => string.Concat("\"", value, "\"");

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);
}
