using System.Globalization;
using System.Text;

namespace WarehouseImport.Benchmarks.Uploads;

/// <summary>A generated file of people: ten columns as an export of customers has them, phone numbers of four countries among them, everybody's own, one row in 50 refused.</summary>
static class PeopleFile
{
    public const long FiftyMegabytes = 50_000_000;

    // American numbers do not begin with 0 or 1.
    private const long FirstPhone = 2_000_000;

    private const string Header = "Email,First Name,Last Name,Phone Number,Country,City,Zip Code,Birthday,Score,Newsletter topics";

    private static readonly (string Country, string Number)[] Phones = [("Germany", "030 {0:0000000}"), ("United States", "(415) {0:0000000}"), ("France", "01 4{0:0000000}"), ("United Kingdom", "+44 20 7{0:0000000}")];

    /// <summary>Writes whole rows until the file has the bytes or the rows asked for.</summary>
    /// <returns>Rows written.</returns>
    public static long Write(string path, long? bytes, long? rows)
    {
        using var file = File.Create(path, 1 << 20);
        using var writer = new StreamWriter(file, new UTF8Encoding(false), 1 << 16) { NewLine = "\r\n" };
        writer.WriteLine(Header);
        long row = 0;
        long written = Header.Length + 2;
        var line = new StringBuilder();
        while ((bytes is null || written < bytes) && (rows is null || row < rows))
        {
            line.Clear();
            var (country, number) = Phones[row % Phones.Length];
            var phone = string.Format(CultureInfo.InvariantCulture, number, FirstPhone + row / Phones.Length);
            line.Append(CultureInfo.InvariantCulture, $"person.{row}{(row % 50 == 49 ? "@@" : "@")}example{row % 97}.com,Anna,\"O'Neil, {row % 1000}\",{phone},{country},Springfield,{row % 100_000:00000},");
            line.Append(CultureInfo.InvariantCulture, $"19{row % 100:00}-0{1 + row % 9}-1{row % 10} 10:00:00,{row % 1000}.{row % 10},\"[\"\"news\"\",\"\"offers {row % 7}\"\"]\"");
            writer.WriteLine(line);
            written += line.Length + 2;
            row++;
        }

        return row;
    }
}
