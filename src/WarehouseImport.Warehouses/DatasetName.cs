using System.Text;

namespace WarehouseImport.Warehouses;

/// <summary>
/// The parts of a dataset's name exactly as stored (schema and table; three parts where a warehouse has databases).
/// The text form separates parts by dots and puts a part in double quotes (doubled inside) unless it is a plain lower-case word.
/// </summary>
public sealed class DatasetName : IEquatable<DatasetName>
{
    private readonly string[] _parts;

    public DatasetName(params IEnumerable<string> parts)
    {
        _parts = [.. parts];
        if (_parts.Length == 0) throw new ArgumentException("A dataset name has at least one part.", nameof(parts));
    }

    public IReadOnlyList<string> Parts => _parts;

    /// <summary>Reads the text form. Unquoted parts are taken as they are; case is never folded.</summary>
    /// <returns>False if a quote is not closed or a part is empty.</returns>
    public static bool TryParse(string? text, out DatasetName name)
    {
        name = null!;
        if (string.IsNullOrEmpty(text)) return false;

        var parts = new List<string>();
        var part = new StringBuilder();
        var position = 0;
        while (true)
        {
            part.Clear();
            if (position < text.Length && text[position] == '"')
            {
                position++;
                while (true)
                {
                    if (position >= text.Length) return false;
                    if (text[position] != '"') part.Append(text[position++]);
                    else if (position + 1 < text.Length && text[position + 1] == '"')
                    {
                        part.Append('"');
                        position += 2;
                    }
                    else
                    {
                        position++;
                        break;
                    }
                }
            }
            else
            {
                while (position < text.Length && text[position] is not ('.' or '"')) part.Append(text[position++]);
            }

            if (part.Length == 0) return false;
            parts.Add(part.ToString());
            if (position == text.Length) break;
            if (text[position++] != '.') return false;
        }

        name = new DatasetName(parts);
        return true;
    }

    public override string ToString() => string.Join('.', _parts.Select(Display));

    public bool Equals(DatasetName? other) => other is not null && _parts.AsSpan().SequenceEqual(other._parts);

    public override bool Equals(object? obj) => Equals(obj as DatasetName);

    public override int GetHashCode() => _parts.Aggregate(0, HashCode.Combine);

    private static string Display(string part) =>
        part.Length > 0 && !char.IsAsciiDigit(part[0]) && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
            ? part
            : $"\"{part.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
