using System.Text;

namespace WarehouseImport.Server.Api;

internal static class JsonPointer
{
    /// <summary>The pointer (RFC 6901) of a path as the framework's JSON errors give it: <c>$.fields[0].column</c> is <c>/fields/0/column</c>.</summary>
    public static string FromPath(string? path)
    {
        if (path is null or "$") return "";

        var pointer = new StringBuilder();
        var position = path.StartsWith('$') ? 1 : 0;
        while (position < path.Length)
        {
            if (path.AsSpan(position).StartsWith("['"))
            {
                var end = path.IndexOf("']", position, StringComparison.Ordinal);
                if (end < 0) end = path.Length;
                Append(pointer, path[(position + 2)..end]);
                position = end + 2;
            }
            else if (path[position] == '[')
            {
                var end = path.IndexOf(']', position);
                if (end < 0) end = path.Length;
                Append(pointer, path[(position + 1)..end]);
                position = end + 1;
            }
            else
            {
                if (path[position] == '.') position++;
                var end = path.AsSpan(position).IndexOfAny('.', '[');
                end = end < 0 ? path.Length : position + end;
                Append(pointer, path[position..end]);
                position = end;
            }
        }

        return pointer.ToString();
    }

    private static void Append(StringBuilder pointer, string token) =>
        pointer.Append('/').Append(token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
}
