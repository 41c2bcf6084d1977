"""Streams as the providers' documentation prints them."""

CLAUDE_TEXT = b"""event: message_start
data: {"type": "message_start", "message": {"id": "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY", \
"type": "message", "role": "assistant", "content": [], "model": "claude-opus-5", \
"stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 25, "output_tokens": 1}}}

event: content_block_start
data: {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}

event: content_block_delta
data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "!"}}

event: content_block_stop
data: {"type": "content_block_stop", "index": 0}

event: message_delta
data: {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence":null}, \
"usage": {"output_tokens": 15}}

event: message_stop
data: {"type": "message_stop"}

"""

CLAUDE_TOOL = b"""event: message_start
data: {"type":"message_start","message":{"id":"msg_014p7gG3wDgGV9EUtLvnow3U","type":"message",\
"role":"assistant","model":"claude-opus-5","stop_sequence":null,"usage":{"input_tokens":472,\
"output_tokens":2},"content":[],"stop_reason":null}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"",\
"signature":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta",\
"thinking":"I need the weather."}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta",\
"signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Okay"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":", let's check"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use",\
"id":"toolu_01T1x1fJ34qAmk2tNTrN7Up6","name":"get_weather","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta",\
"partial_json":"{\\"location\\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta",\
"partial_json":" \\"San Francisco, CA\\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},\
"usage":{"input_tokens":472,"cache_read_input_tokens":10,"output_tokens":89}}

event: message_stop
data: {"type":"message_stop"}

"""

CHAT_TEXT = b"""data: {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,\
"model":"gpt-4o-mini","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":\
{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,\
"model":"gpt-4o-mini","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":\
{"content":"Hello"},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,\
"model":"gpt-4o-mini","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{},\
"logprobs":null,"finish_reason":"stop"}]}

data: [DONE]

"""

CHAT_TOOLS = b"""data: {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,\
"model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":\
[{"index":0,"id":"call_DdmO9pD3xa9XTPNJ32zg2hcA","type":"function","function":{"name":\
"get_weather","arguments":""}}]},"finish_reason":null}]}

data: {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":\
[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"loc"}}]},\
"finish_reason":null}]}

data: {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":\
[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":\
"get_time","arguments":"{}"}}]},"finish_reason":null}]}

data: {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":\
[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"ation\\":\\"Paris\\"}"}}]},\
"finish_reason":null}]}

data: {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":\
[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":\
[],"usage":{"prompt_tokens":82,"completion_tokens":17,"total_tokens":99,"prompt_tokens_details":\
{"cached_tokens":64,"audio_tokens":0}}}

data: [DONE]

"""

RESPONSES_TEXT = b"""event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_67c9","object":\
"response","created_at":1741290958,"status":"in_progress","error":null,"incomplete_details":null,\
"instructions":"You are a helpful assistant.","max_output_tokens":null,\
"model":"gpt-4.1-2025-04-14","output":[],"parallel_tool_calls":true,"tool_choice":"auto","tools":[],"usage":null}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":\
"msg_67c9","type":"message","status":"in_progress","role":"assistant","content":[]}}

event: response.content_part.added
data: {"type":"response.content_part.added","sequence_number":2,"item_id":"msg_67c9",\
"output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_67c9",\
"output_index":0,"content_index":0,"delta":"Hi","logprobs":[]}

event: response.output_text.done
data: {"type":"response.output_text.done","sequence_number":4,"item_id":"msg_67c9",\
"output_index":0,"content_index":0,"text":"Hi","logprobs":[]}

event: response.output_item.done
data: {"type":"response.output_item.done","sequence_number":5,"output_index":0,"item":{"id":\
"msg_67c9","type":"message","status":"completed","role":"assistant","content":[{"type":\
"output_text","text":"Hi","annotations":[]}]}}

event: response.completed
data: {"type":"response.completed","sequence_number":6,"response":{"id":"resp_67c9","object":\
"response","created_at":1741290958,"status":"completed","error":null,"incomplete_details":null,\
"model":"gpt-4.1-2025-04-14","output":[{"id":"msg_67c9","type":"message","status":"completed",\
"role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[]}]}],\
"parallel_tool_calls":true,"tool_choice":"auto","tools":[],"usage":{"input_tokens":37,\
"output_tokens":11,"output_tokens_details":{"reasoning_tokens":0},"input_tokens_details":\
{"cached_tokens":8,"cache_write_tokens":0},"total_tokens":48}}}

"""

GEMINI_TEXT = b"""data: {"candidates": [{"content": {"role": "model","parts": \
[{"text": "Hello"}]}}],"usageMetadata": {"trafficType": "ON_DEMAND"},\
"modelVersion": "gemini-2.5-flash","createTime": "2026-04-01T12:00:00.0Z","responseId": "r1"}

data: {"candidates": [{"content": {"role": "model","parts": [{"text": " there.",\
"thoughtSignature": "CiQBVKhc7o7Q"}]},"finishReason": "STOP"}],"usageMetadata": \
{"promptTokenCount": 8,"candidatesTokenCount": 4,"totalTokenCount": 30,"thoughtsTokenCount": 18,\
"promptTokensDetails": [{"modality": "TEXT","tokenCount": 8}]},"modelVersion": "gemini-2.5-flash"}

"""

GEMINI_CALLS = b"""data: {"candidates":[{"content":{"role":"model","parts":[{"functionCall":\
{"name":"get_current_weather","args":{"location":"Boston"}},"thoughtSignature":"CiQBVKhc7o7Q"},\
{"functionCall":{"name":"get_current_weather","args":{"location":"San Francisco"}}}]},\
"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":72,"candidatesTokenCount":16,\
"totalTokenCount":88}}

"""

PUBLISHED = {
    "anthropic": [CLAUDE_TEXT, CLAUDE_TOOL],
    "chat": [CHAT_TEXT, CHAT_TOOLS],
    "responses": [RESPONSES_TEXT],
    "gemini": [GEMINI_TEXT, GEMINI_CALLS],
}
