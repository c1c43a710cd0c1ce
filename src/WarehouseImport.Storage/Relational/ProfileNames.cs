using System.Text;
using System.Text.Json;

namespace WarehouseImport.Storage.Relational;

/// <summary>The search keys a profile's document yields.</summary>
internal static class ProfileNames
{
    /// <summary>First and last name in lower case; null where the document has none.</summary>
    public static (string? First, string? Last) Keys(string document)
    {
        string? first = null, last = null;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(document));
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isFirst = reader.ValueTextEquals("first_name"u8);
            var isLast = reader.ValueTextEquals("last_name"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                if (isFirst) first = Names.KeyOrNull(reader.GetString());
                else if (isLast) last = Names.KeyOrNull(reader.GetString());
            }

            reader.Skip();
        }

        return (first, last);
    }
}
