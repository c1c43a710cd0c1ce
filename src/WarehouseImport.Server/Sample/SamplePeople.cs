using System.Globalization;

namespace WarehouseImport.Server.Sample;

/// <summary>Invented people: every value follows from the person's number, and no two people share an e-mail address or a phone number.</summary>
internal static class SamplePeople
{
    private static readonly string[] FirstNames =
    [
        "Anna", "Bram", "Chloé", "David", "Elif", "Fatima", "Günther", "Hanna", "Ines", "Jürgen", "Kaito", "Lena", "Mateo", "Noor", "Olga", "Pieter",
        "Quinn", "Rosa", "Søren", "Thandiwe", "Umar", "Vera", "Wei", "Ximena", "Yara", "Zoë", "O'Neil", "Jean-Luc", "Maria José", "Ольга", "李", "محمد",
    ];

    private static readonly string[] LastNames =
    [
        "Smith", "de Vries", "van den Berg", "Müller", "Dubois", "García", "Rossi", "Andersson", "Peeters", "Nguyen", "O'Brien", "Kowalski", "Şahin",
        "Jansen", "Fernández", "Lindström", "Schröder", "Martin", "Bianchi", "Janssens", "Walker", "Taylor", "Weiß", "Lefèvre",
    ];

    private static readonly string[] Companies = ["Acme Trading", "Blue Harbour BV", "Café & Co", "Delta \"Nord\" GmbH", "Évian Studio", "Fjord AB", "Garden, Home; Sons"];

    private static readonly string[] Titles = ["Owner", "Buyer", "Head of Marketing", "Engineer", "Student", "Retired", "Sales"];

    private static readonly string[] Streets = ["Main Street", "Keizersgracht", "Hauptstraße", "Rue de Rivoli", "Calle Mayor", "Via Roma", "Kungsgatan", "High Street"];

    private static readonly string[] Tags = ["vip", "newsletter", "b2b", "summer \"sale\"", "été", "outdoor", "returns", "gift"];

    /// <summary>A country, the ways the sample spells it, and how its mobile numbers look.</summary>
    /// <param name="Mobile">Leading digits of a mobile number without trunk prefix.</param>
    /// <param name="Digits">Digits that follow them.</param>
    private sealed record Country(string[] Spellings, string CallingCode, string Trunk, string Mobile, int Digits, string Locale, string Zone, (string City, string Region, string Zip)[] Places);

    private static readonly Country[] Countries =
    [
        new(["US", "USA", "United States", "United States of America"], "1", "", "415", 7, "en-US", "America/New_York", [("Boston", "MA", "02108"), ("Newark", "NJ", "07102"), ("Austin", "TX", "78701")]),
        new(["NL", "Netherlands", "netherlands"], "31", "0", "62", 7, "nl-NL", "Europe/Amsterdam", [("Amsterdam", "Noord-Holland", "1015 CJ"), ("Utrecht", "Utrecht", "3511 LX")]),
        new(["GBR", "UK", "United Kingdom"], "44", "0", "7400", 6, "en-GB", "Europe/London", [("Leeds", "Yorkshire", "LS1 4DY"), ("London", "Greater London", "SW1A 1AA")]),
        new(["DE", "Germany", "DEU"], "49", "0", "151", 8, "de-DE", "Europe/Berlin", [("Dresden", "Sachsen", "01067"), ("München", "Bayern", "80331")]),
        new(["FR", "France"], "33", "0", "612", 6, "fr-FR", "Europe/Paris", [("Nîmes", "Occitanie", "30000"), ("Bourg-en-Bresse", "Auvergne-Rhône-Alpes", "01000")]),
        new(["ES", "Spain"], "34", "", "612", 6, "es-ES", "Europe/Madrid", [("Vitoria", "Álava", "01001"), ("Sevilla", "Andalucía", "41001")]),
        new(["IT", "Italy"], "39", "", "347", 7, "it-IT", "Europe/Rome", [("Roma", "Lazio", "00184"), ("Torino", "Piemonte", "10121")]),
        new(["SE", "Sweden"], "46", "0", "70", 7, "sv-SE", "Europe/Stockholm", [("Malmö", "Skåne", "211 22"), ("Göteborg", "Västra Götaland", "411 03")]),
        new(["BE", "Belgium"], "32", "0", "470", 6, "nl-BE", "Europe/Brussels", [("Gent", "Oost-Vlaanderen", "9000"), ("Liège", "Liège", "4000")]),
        new(["AUS", "Australia"], "61", "0", "412", 6, "en-AU", "Australia/Sydney", [("Sydney", "NSW", "2000"), ("Darwin", "NT", "0800")]),
    ];

    /// <summary>Strings that break careless software: formulas, quotes, line breaks, SQL, markup, emoji, right-to-left marks, a very long one.</summary>
    private static readonly string[] Hostile =
    [
        "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1:A9)", "Robert'); DROP TABLE customers;--", "\"quoted\", with comma", "two\nlines", "tab\there",
        "<script>alert(1)</script>", "😀👩‍👩‍👧‍👦🇳🇱", "\u202Eright-to-left\u202C", "עברית", "{{template}}", "%s%n%d", "../../etc/passwd", "null", "NaN",
        "back\\slash", "semi;colon", new('x', 255),
    ];

    public static string CustomerId(int person) => string.Create(CultureInfo.InvariantCulture, $"C-{person:D6}");

    /// <summary>The address in its canonical spelling.</summary>
    public static string Email(int person) => string.Create(CultureInfo.InvariantCulture, $"person{person:D6}@{(person % 4) switch { 0 => "example.com", 1 => "example.org", 2 => "mail.example.net", _ => "shop.example.nl" }}");

    /// <summary>The same address the way people type it.</summary>
    public static string MessyEmail(int person) => (person % 6) switch
    {
        0 => Email(person).ToUpperInvariant(),
        1 => $" {Email(person)}",
        2 => Email(person).Replace("person", "Person", StringComparison.Ordinal),
        3 => $"{Email(person)}\t",
        _ => Email(person),
    };

    public static string CountryOf(int person)
    {
        var spellings = Countries[person % Countries.Length].Spellings;
        return spellings[person / Countries.Length % spellings.Length];
    }

    /// <summary>The person's number in its canonical spelling.</summary>
    public static string Phone(int person)
    {
        var country = Countries[person % Countries.Length];
        return $"+{country.CallingCode}{NationalPhone(country, person)}";
    }

    private static string NationalPhone(Country country, int person) =>
        country.Mobile + (2 * (long)Math.Pow(10, country.Digits - 1) + person).ToString(CultureInfo.InvariantCulture);

    /// <summary>The person's number in one of the spellings people use, or null or blank for a third of them.</summary>
    public static string? MessyPhone(int person)
    {
        var country = Countries[person % Countries.Length];
        var national = NationalPhone(country, person);
        var spaced = $"{national[..3]} {national[3..6]} {national[6..]}";
        return (person / 10 % 9) switch
        {
            0 => $"+{country.CallingCode} {spaced}",
            1 => $"{country.Trunk}{national[..3]}-{national[3..]}",
            2 => $"tel: +{country.CallingCode}{national}",
            3 => null,
            4 => $"(+{country.CallingCode}) {spaced}",
            5 => country.Trunk + national,
            6 => $"+{country.CallingCode}.{national} ext. 12",
            7 => "",
            _ => $"{country.Trunk}{national[..2]}.{national[2..5]}.{national[5..]}",
        };
    }

    /// <summary>A number in London that no mobile phone has.</summary>
    public static string FixedLine(int person) => string.Create(CultureInfo.InvariantCulture, $"+44 20 7946 {person:D4}");

    public static string ForeignPhone(int person) => string.Create(CultureInfo.InvariantCulture, $"+44 7400 {800_000 + person}");

    /// <summary>A complete, valid customer; the script changes what it wants broken.</summary>
    public static CustomerRow Customer(int person, DateTimeOffset? updatedAt)
    {
        var random = SampleRandom.For(person, 1);
        var country = Countries[person % Countries.Length];
        var place = random.Pick(country.Places);
        return new CustomerRow
        {
            CustomerId = CustomerId(person),
            Email = person % 10 == 7 ? null : MessyEmail(person),
            Phone = MessyPhone(person),
            Country = CountryOf(person),
            FirstName = random.Pick(FirstNames),
            LastName = random.Pick(LastNames),
            Company = random.Next(4) == 0 ? random.Pick(Companies) : null,
            JobTitle = random.Next(3) == 0 ? random.Pick(Titles) : null,
            Street = string.Create(CultureInfo.InvariantCulture, $"{random.Pick(Streets)} {1 + random.Next(400)}"),
            City = place.City,
            Region = random.Next(5) == 0 ? " " : place.Region,
            Zip = place.Zip,
            TimeZone = random.Next(3) == 0 ? null : country.Zone,
            Locale = random.Next(4) == 0 ? null : country.Locale,
            Birthday = Birthday(ref random),
            SignedUp = SignedUp(ref random),
            Tags = TagList(ref random),
            IsVip = random.Next(10) switch { 0 => true, 1 => null, _ => false },
            UpdatedAt = updatedAt,
        };
    }

    public static CustomerRow HostileCustomer(int person, DateTimeOffset updatedAt)
    {
        var text = Hostile[person % Hostile.Length];
        return Customer(person, updatedAt) with { FirstName = text, LastName = Hostile[(person + 7) % Hostile.Length], Street = text, Company = text };
    }

    private static string? Birthday(ref SampleRandom random)
    {
        var day = new DateOnly(1940, 1, 1).AddDays(random.Next(24_000));
        return random.Next(4) switch
        {
            0 => null,
            1 => day.ToString("MM/dd/yyyy", CultureInfo.InvariantCulture),
            _ => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        };
    }

    private static string? SignedUp(ref SampleRandom random)
    {
        var instant = new DateTimeOffset(2015, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(random.Next(270_000_000));
        return random.Next(9) switch
        {
            0 => null,
            1 => "",
            2 => instant.ToString("MM/dd/yyyy", CultureInfo.InvariantCulture),
            3 => instant.ToString("MM/dd/yy HH:mm", CultureInfo.InvariantCulture),
            4 => instant.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            5 => instant.ToOffset(TimeSpan.FromHours(-4)).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture),
            6 => instant.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            7 => instant.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
            _ => instant.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        };
    }

    private static string? TagList(ref SampleRandom random)
    {
        var count = random.Next(5);
        if (count == 4) return null;
        var first = random.Next(Tags.Length);
        var tags = Enumerable.Range(0, count).Select(offset => Tags[(first + offset) % Tags.Length].Replace("\"", "\\\"", StringComparison.Ordinal));
        return $"[{string.Join(", ", tags.Select(tag => $"\"{tag}\""))}]";
    }
}
